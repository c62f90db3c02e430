import { type ClientQuota, CONNECTION_RATE, type QuotaEntity, type QuotaKey, type QuotaLimits } from './client-quota.ts'

/** One limit that holds for a client, and who shares it with that client. */
export interface FoundQuota {
  readonly limit: number
  readonly sharedBy: string
}

/** Quotas by whom they are for. */
export class QuotaTable {
  private readonly byEntity = new Map<string, ClientQuota>()
  private addresses = 0

  get size(): number {
    return this.byEntity.size
  }

  /** Those of users and client ids, for whose sake requests are measured. */
  get hasClients(): boolean {
    return this.size > this.addresses
  }

  /** New connections per second of an address: its own, or the default. */
  connectionRateOf(address: string): number | undefined {
    if (this.addresses === 0) return undefined
    const rateOf = (ip: string | null) => this.limitsOf({ ip })[CONNECTION_RATE]
    // An IPv4 client of an IPv6 socket has a name that nobody sets a quota for.
    return rateOf(address.replace(/^::ffff:(?=\d+\.)/i, '')) ?? rateOf(null)
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
    const before = this.byEntity.size
    if (Object.keys(quota.limits).length > 0) this.byEntity.set(key, quota)
    else this.byEntity.delete(key)
    if (quota.entity.ip !== undefined) this.addresses += this.byEntity.size - before
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
export const entityKey = ({ user, clientId, ip }: QuotaEntity): string =>
  JSON.stringify([user, clientId, ip].map(partOf))

const partOf = (name: string | null | undefined): readonly (string | null)[] => (name === undefined ? [] : [name])
