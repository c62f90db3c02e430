import { isIP } from 'node:net'
import { ErrorCode } from '#libs/kafka-protocol'
import type { Controller } from '../metadata/controller.ts'
import { type Refusal, refusal } from '../metadata/refusal.ts'
import { type ClientQuota, CONNECTION_RATE, QUOTA_KEYS, type QuotaEntity, type QuotaLimits } from './client-quota.ts'
import { entityKey } from './quota-table.ts'

/** Entities that can have quotas at the same time: all of them are in memory and in each snapshot of the journal. */
export const MAX_QUOTAS = 10_000
const LONGEST_NAME = 1000

export interface EntityPart {
  readonly entityType: string
  /** Null: the default. */
  readonly entityName: string | null
}

export interface QuotaChange {
  readonly entity: readonly EntityPart[]
  readonly ops: readonly { readonly key: string; readonly value: number; readonly remove: boolean }[]
}

/**
 * For each change the reason why it is not made, undefined where it is made: then it is on the device. Those that are
 * valid are made together. With `validateOnly` nothing is.
 */
export async function alterQuotas(
  controller: Controller,
  changes: readonly QuotaChange[],
  validateOnly: boolean,
): Promise<readonly (Refusal | undefined)[]> {
  const problems = changes.map((change) => entityProblem(change.entity) ?? opsProblem(change))
  if (validateOnly) return problems
  const valid = changes.filter((_, i) => problems[i] === undefined)
  const outcome = await controller.change(async (log) => {
    const { quotas } = log.image
    const before = new Map<string, ClientQuota>()
    const after = new Map<string, ClientQuota>()
    for (const { entity: parts, ops } of valid) {
      const entity = entityOf(parts)
      const key = entityKey(entity)
      if (!before.has(key)) before.set(key, { entity, limits: quotas.limitsOf(entity) })
      after.set(key, { entity, limits: changed(after.get(key)?.limits ?? quotas.limitsOf(entity), ops) })
    }
    const fresh = [...after.keys()].filter((key) => isEmpty(before.get(key)!) && !isEmpty(after.get(key)!))
    if (quotas.size + fresh.length > MAX_QUOTAS) {
      return refusal(ErrorCode.POLICY_VIOLATION, `More than ${MAX_QUOTAS} entities with quotas.`)
    }
    if (after.size === 0) return undefined
    const type = 'ClientQuotasSet'
    await log.append([{ type, quotas: [...after.values()] }], [{ type, quotas: [...before.values()] }])
    return undefined
  })
  return problems.map((problem) => problem ?? outcome)
}

const isEmpty = ({ limits }: ClientQuota): boolean => Object.keys(limits).length === 0

function changed(before: QuotaLimits, ops: QuotaChange['ops']): QuotaLimits {
  const limits: Partial<Record<keyof QuotaLimits, number>> = { ...before }
  for (const { key, value, remove } of ops) {
    if (remove) delete limits[key as keyof QuotaLimits]
    else limits[key as keyof QuotaLimits] = value
  }
  return limits
}

function entityOf(parts: readonly EntityPart[]): QuotaEntity {
  const find = (type: string) => parts.find(({ entityType }) => entityType === type)
  const [user, clientId, ip] = [find('user'), find('client-id'), find('ip')]
  if (ip) return { ip: ip.entityName }
  return { ...(user && { user: user.entityName }), ...(clientId && { clientId: clientId.entityName }) }
}

function entityProblem(entity: readonly EntityPart[]): Refusal | undefined {
  if (entity.length === 0) return invalid('Invalid empty client quota entity')
  for (const { entityType, entityName } of entity) {
    if (!['user', 'client-id', 'ip'].includes(entityType)) {
      return invalid(`Unhandled client quota entity type: ${entityType}`)
    }
    if (entity.filter((other) => other.entityType === entityType).length > 1) {
      return invalid(`Invalid client quota entity, ${entityType} is given twice`)
    }
    if (entityName === '') return invalid(`Empty ${entityType} not supported`)
    if (entityName !== null && entityName.length > LONGEST_NAME) {
      return invalid(`A name has at most ${LONGEST_NAME} characters.`)
    }
    if (entityType !== 'ip') continue
    if (entity.some((other) => other.entityType !== 'ip')) {
      return invalid('Invalid quota entity combination, IP entity should not be combined with User or ClientId')
    }
    if (entityName !== null && isIP(entityName) === 0) return invalid(`${entityName} is not a valid IP.`)
  }
  return undefined
}

const KEYS_OF_CLIENTS: readonly string[] = [...QUOTA_KEYS, 'controller_mutation_rate']
const KEYS_OF_ADDRESSES: readonly string[] = [CONNECTION_RATE]
const FRACTIONS: readonly string[] = ['request_percentage', 'controller_mutation_rate']
const MAX_INT = 2 ** 31 - 1
/** Kafka's, of which there is nothing here. */
const UNSUPPORTED: readonly string[] = ['controller_mutation_rate']

function opsProblem({ entity, ops }: QuotaChange): Refusal | undefined {
  const keys = entity.some(({ entityType }) => entityType === 'ip') ? KEYS_OF_ADDRESSES : KEYS_OF_CLIENTS
  for (const { key, value, remove } of ops) {
    if (remove) continue
    if (!keys.includes(key)) return invalid(`Invalid configuration key ${key}`)
    if (!(value > 0)) return invalid(`Quota ${key} must be greater than 0`)
    if (!FRACTIONS.includes(key) && !Number.isInteger(value)) return invalid(`${key} cannot be a fractional value.`)
    if (key === CONNECTION_RATE && value > MAX_INT) return invalid(`Proposed value for ${key} is too large for an INT.`)
    if (UNSUPPORTED.includes(key)) return refusal(ErrorCode.POLICY_VIOLATION, `This broker has no quota ${key}.`)
  }
  return undefined
}

const invalid = (errorMessage: string): Refusal => refusal(ErrorCode.INVALID_REQUEST, errorMessage)
