import type { ClientQuota, QuotaEntity, QuotaKey, QuotaLimits } from './client-quota.ts'

/** One limit that holds for a client, and who shares it with that client. */
export interface FoundQuota {
  readonly limit: number
  readonly sharedBy: string
}

/** Quotas by whom they are for. */
export class QuotaTable {
  private readonly byEntity = new Map<string, ClientQuota>()

  get size(): number {
    return this.byEntity.size
  }

  all(): Iterable<ClientQuota> {
    return this.byEntity.values()
  }

  limitsOf(entity: QuotaEntity): QuotaLimits {
    return this.byEntity.get(entityKey(entity))?.limits ?? {}
  }

  /** Replaces what was set for the entity. */
  set(quota: ClientQuota): void {
    const key = entityKey(quota.entity)
    if (Object.keys(quota.limits).length > 0) this.byEntity.set(key, quota)
    else this.byEntity.delete(key)
  }

  /** The limit of this kind that holds for the client: the one that says most about it. */
  find(key: QuotaKey, user: string, clientId: string): FoundQuota | undefined {
    for (const entity of closestFirst(user, clientId)) {
      const limit = this.byEntity.get(entityKey(entity))?.limits[key]
      if (limit === undefined) continue
      // A default is not shared by all whom it is for: each of them has as much.
      const shared = { ...(entity.user !== undefined && { user }), ...(entity.clientId !== undefined && { clientId }) }
      return { limit, sharedBy: entityKey(shared) }
    }
    return undefined
  }
}

/** As in Kafka. */
function* closestFirst(user: string, clientId: string): Generator<QuotaEntity> {
  yield { user, clientId }
  yield { user, clientId: null }
  yield { user }
  yield { user: null, clientId }
  yield { user: null, clientId: null }
  yield { user: null }
  yield { clientId }
  yield { clientId: null }
}

/** The same for the same entity; what is not said differs from what is the default. */
export const entityKey = ({ user, clientId }: QuotaEntity): string => JSON.stringify([partOf(user), partOf(clientId)])

const partOf = (name: string | null | undefined): readonly (string | null)[] => (name === undefined ? [] : [name])
