import { type Acl, AclOperation, AclPattern, AclPermission, AclResource, CLUSTER_NAME } from './acl.ts'

/** As it comes in CreateAcls. */
export interface AclCreation {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** Characters of each text of a rule. */
const LONGEST_TEXT = 1000
const PRINCIPAL = /^[^:]+:.+$/s

const isOneOf = (table: Readonly<Record<string, number>>, code: number): boolean => Object.values(table).includes(code)

/** The rule, or in words what is wrong with it. */
export function newAcl(creation: AclCreation): Acl | string {
  const { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType } = creation
  if (!isOneOf(AclResource, resourceType)) return `Invalid resourceType ${resourceType}`
  if (!isOneOf(AclPattern, resourcePatternType)) return `Invalid patternType ${resourcePatternType}`
  if (!isOneOf(AclOperation, operation)) return `Invalid operation ${operation}`
  if (!isOneOf(AclPermission, permissionType)) return `Invalid permissionType ${permissionType}`
  if (resourceName === '') return 'Invalid empty resource name'
  if (resourceType === AclResource.cluster && resourceName !== CLUSTER_NAME) {
    return `The only valid name for the CLUSTER resource is ${CLUSTER_NAME}`
  }
  if (!PRINCIPAL.test(principal)) return `Could not parse principal from \`${principal}\``
  if (host === '') return 'Invalid empty host'
  if ([resourceName, principal, host].some(({ length }) => length > LONGEST_TEXT)) {
    return `A name, principal or host has at most ${LONGEST_TEXT} characters.`
  }
  const codes = { resourceType, patternType: resourcePatternType, operation, permission: permissionType }
  return { ...codes, resourceName, principal, host } as Acl
}
