import type { ResourceName } from './acl.ts'
import { type Acl, AclOperation, AclPattern, AclPermission, type AclResource, ANYBODY, WILDCARD } from './acl.ts'
import type { AclTable } from './acl-table.ts'

/** `unruled`: no rule speaks of the resource, for anybody. */
export type Verdict = 'allowed' | 'denied' | 'unruled'

/** To whom it was allowed to do one of these, describing is allowed as well. A denial implies nothing. */
const IMPLIES_DESCRIBE: readonly AclOperation[] = [
  AclOperation.read,
  AclOperation.write,
  AclOperation.delete,
  AclOperation.alter,
]

/**
 * Whether the rules let this principal do this to the resource: one denial that matches stands against all permissions;
 * without any that matches, a resource that has rules is closed.
 */
export function authorize(
  acls: AclTable,
  principal: string,
  host: string,
  operation: AclOperation,
  resource: ResourceName,
): Verdict {
  let verdict: Verdict = 'unruled'
  for (const acl of acls.covering(resource.type, resource.name)) {
    if (verdict === 'unruled') verdict = 'denied'
    if (!isAbout(acl, principal, host)) continue
    if (acl.permission === AclPermission.deny) {
      if (isSaid(acl, operation)) return 'denied'
    } else if (isSaid(acl, operation) || isImplied(acl, operation)) {
      verdict = 'allowed'
    }
  }
  return verdict
}

/** Whether there is, or could be, any resource of the type that the principal may do this to. */
export function authorizeAnywhere(
  acls: AclTable,
  principal: string,
  host: string,
  operation: AclOperation,
  type: AclResource,
): boolean {
  const about = [...acls.all()].filter(
    (acl) => acl.resourceType === type && isAbout(acl, principal, host) && isSaid(acl, operation),
  )
  const denials = about.filter(({ permission }) => permission === AclPermission.deny)
  if (denials.some(isForAll)) return false
  return about.some((acl) => acl.permission === AclPermission.allow && !denials.some((denial) => covers(denial, acl)))
}

const isAbout = (acl: Acl, principal: string, host: string): boolean =>
  (acl.principal === principal || acl.principal === ANYBODY) && (acl.host === host || acl.host === WILDCARD)

const isSaid = (acl: Acl, operation: AclOperation): boolean =>
  acl.operation === operation || acl.operation === AclOperation.all

function isImplied(acl: Acl, operation: AclOperation): boolean {
  if (operation === AclOperation.describe) return IMPLIES_DESCRIBE.includes(acl.operation)
  return operation === AclOperation.describeConfigs && acl.operation === AclOperation.alterConfigs
}

const isForAll = ({ patternType, resourceName }: Acl): boolean =>
  patternType === AclPattern.literal && resourceName === WILDCARD

/** Whether everything that `acl` speaks of is spoken of by `denial`, too. */
function covers(denial: Acl, acl: Acl): boolean {
  if (isForAll(acl)) return false
  if (denial.patternType === AclPattern.prefixed) return acl.resourceName.startsWith(denial.resourceName)
  return acl.patternType === AclPattern.literal && acl.resourceName === denial.resourceName
}
