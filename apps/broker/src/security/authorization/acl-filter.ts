import { type Acl, AclPattern, WILDCARD } from './acl.ts'

/** Any value of a field. */
const ANY = 1
/** Every pattern that covers the name. */
const MATCH = 2

/** As it comes in DescribeAcls and DeleteAcls; null is any. */
export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

/** What is wrong with it, or undefined. */
export function filterProblem(filter: AclFilter): string | undefined {
  const { resourceTypeFilter, patternTypeFilter, operation, permissionType } = filter
  const isKnownType = resourceTypeFilter >= ANY && resourceTypeFilter <= 7
  const isKnownPattern = patternTypeFilter >= ANY && patternTypeFilter <= AclPattern.prefixed
  if (!isKnownType || !isKnownPattern) return 'Unknown patternFilter.'
  const isKnownEntry = operation >= ANY && operation <= 15 && permissionType >= ANY && permissionType <= 3
  return isKnownEntry ? undefined : 'Unknown entryFilter.'
}

export function isMatchedBy(filter: AclFilter, acl: Acl): boolean {
  const is = (wanted: number, value: number): boolean => wanted === ANY || wanted === value
  const isText = (wanted: string | null, value: string): boolean => wanted === null || wanted === value
  return (
    is(filter.resourceTypeFilter, acl.resourceType) &&
    is(filter.operation, acl.operation) &&
    is(filter.permissionType, acl.permission) &&
    isText(filter.principalFilter, acl.principal) &&
    isText(filter.hostFilter, acl.host) &&
    isPattern(filter, acl)
  )
}

function isPattern({ patternTypeFilter, resourceNameFilter: name }: AclFilter, acl: Acl): boolean {
  const { patternType, resourceName } = acl
  if (patternTypeFilter !== ANY && patternTypeFilter !== MATCH && patternTypeFilter !== patternType) return false
  if (name === null || name === resourceName) return true
  if (patternTypeFilter !== MATCH) return false
  return patternType === AclPattern.prefixed ? name.startsWith(resourceName) : resourceName === WILDCARD
}
