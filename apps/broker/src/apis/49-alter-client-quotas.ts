import { isIP } from 'node:net'
import { alterClientQuotas, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import type { Refusal } from '../metadata/refusal.ts'

type Entry = RequestOf<typeof alterClientQuotas>['entries'][number]

/**
 * AlterClientQuotas: 0-1
 * - Nothing is held to a quota, so none can be set: that is refused with POLICY_VIOLATION once it is valid. There is
 *   none to remove, which is no error.
 * - The address of an `ip` must be one; Kafka also resolves names.
 */
export const handleAlterClientQuotas = defineHandler({
  api: alterClientQuotas,
  advertised: { min: 0, max: 1 },
  handle: ({ entries }) => ({
    entries: entries.map((entry) => ({
      ...(entityProblem(entry.entity) ?? opsProblem(entry) ?? { errorCode: ErrorCode.NONE }),
      entity: entry.entity,
    })),
  }),
})

const KEYS_OF_CLIENTS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate']
const KEYS_OF_ADDRESSES = ['connection_creation_rate']
const FRACTIONS = ['request_percentage', 'controller_mutation_rate']

function entityProblem(entity: Entry['entity']): Refusal | undefined {
  if (entity.length === 0) return invalid('Invalid empty client quota entity')
  for (const { entityType, entityName } of entity) {
    if (!['user', 'client-id', 'ip'].includes(entityType)) {
      return invalid(`Unhandled client quota entity type: ${entityType}`)
    }
    if (entityName === '') return invalid(`Empty ${entityType} not supported`)
    if (entityType !== 'ip') continue
    if (entity.some((other) => other.entityType !== 'ip')) {
      return invalid('Invalid quota entity combination, IP entity should not be combined with User or ClientId')
    }
    if (entityName !== null && isIP(entityName) === 0) return invalid(`${entityName} is not a valid IP.`)
  }
  return undefined
}

function opsProblem({ entity, ops }: Entry): Refusal | undefined {
  const keys = entity.some(({ entityType }) => entityType === 'ip') ? KEYS_OF_ADDRESSES : KEYS_OF_CLIENTS
  for (const { key, value, remove } of ops) {
    if (remove) continue
    if (!keys.includes(key)) return invalid(`Invalid configuration key ${key}`)
    if (!(value > 0)) return invalid(`Quota ${key} must be greater than 0`)
    if (!FRACTIONS.includes(key) && !Number.isInteger(value)) return invalid(`${key} cannot be a fractional value.`)
    return { errorCode: ErrorCode.POLICY_VIOLATION, errorMessage: 'This broker has no quotas.' }
  }
  return undefined
}

const invalid = (errorMessage: string): Refusal => ({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage })
