import { describeClientQuotas, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import type { Refusal } from '../metadata/refusal.ts'
import type { ClientQuota } from '../quotas/client-quota.ts'

type Component = RequestOf<typeof describeClientQuotas>['components'][number]

/** DescribeClientQuotas: 0-1 */
export const handleDescribeClientQuotas = defineHandler({
  api: describeClientQuotas,
  advertised: { min: 0, max: 1 },
  handle({ components, strict }, { broker }) {
    const problem = filterProblem(components)
    if (problem !== undefined) return { ...problem, entries: null }
    const found = [...broker.controller.image.quotas.all()].filter((quota) => isWanted(quota, components, strict))
    return { errorCode: ErrorCode.NONE, entries: found.map(entryOf) }
  },
})

/** What a quota's entity has for a type: undefined nothing, null the default. */
const nameOf = ({ entity }: ClientQuota, type: string): string | null | undefined =>
  type === 'user' ? entity.user : type === 'client-id' ? entity.clientId : entity.ip

const TYPES = ['user', 'client-id', 'ip']

/** With `strict`, of entities that have all of these types and no other. */
function isWanted(quota: ClientQuota, components: readonly Component[], strict: boolean): boolean {
  const hasAll = components.every(({ entityType, matchType, match }) => {
    const name = nameOf(quota, entityType)
    if (name === undefined) return false
    const type = MATCH_TYPES[matchType]
    return type === 'SPECIFIED' || name === (type === 'EXACT' ? match : null)
  })
  if (!hasAll || !strict) return hasAll
  const types = TYPES.filter((type) => nameOf(quota, type) !== undefined)
  return types.length === components.length
}

const entryOf = (quota: ClientQuota) => ({
  entity: TYPES.flatMap((entityType) => {
    const entityName = nameOf(quota, entityType)
    return entityName === undefined ? [] : [{ entityType, entityName }]
  }),
  values: Object.entries(quota.limits).map(([key, value]) => ({ key, value })),
})

function filterProblem(components: readonly Component[]): Refusal | undefined {
  const types = new Set<string>()
  for (const component of components) {
    const { entityType } = component
    if (types.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    types.add(entityType)
    const problem = typeProblem(entityType) ?? matchProblem(component)
    if (problem !== undefined) return problem
  }
  if (!types.has('ip') || types.size === 1) return undefined
  return invalid(
    'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
  )
}

function typeProblem(entityType: string): Refusal | undefined {
  if (entityType === '') return invalid('Invalid empty entity type.')
  if (TYPES.includes(entityType)) return undefined
  return { errorCode: ErrorCode.UNSUPPORTED_VERSION, errorMessage: `Unsupported entity type ${entityType}` }
}

/** A filter asks for one name, for the default, or for whatever is named. */
const MATCH_TYPES = ['EXACT', 'DEFAULT', 'SPECIFIED']

function matchProblem({ matchType, match }: Component): Refusal | undefined {
  const type = MATCH_TYPES[matchType]
  if (type === undefined) return invalid(`Unknown match type ${matchType}`)
  if (type === 'EXACT') {
    return match === null ? invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.') : undefined
  }
  return match === null
    ? undefined
    : invalid(`Request specified MATCH_TYPE_${type}, but also specified a match string.`)
}

const invalid = (errorMessage: string): Refusal => ({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage })
