import { ErrorCode } from '#libs/kafka-protocol'
import type { Controller } from '../../metadata/controller.ts'
import { isRefusal, type Refusal, refusal } from '../../metadata/refusal.ts'
import type { Acl } from './acl.ts'
import { type AclFilter, filterProblem, isMatchedBy } from './acl-filter.ts'
import { AclTable } from './acl-table.ts'
import { type AclCreation, newAcl } from './new-acl.ts'

/** Rules that a broker has at most. All of them are in memory and in each snapshot of the journal. */
export const MAX_ACLS = 10_000

/** For each the reason why it is not there, undefined where it is: then it is on the device, and was perhaps before. */
export async function createAcls(
  controller: Controller,
  creations: readonly AclCreation[],
): Promise<readonly (Refusal | undefined)[]> {
  const wanted = creations.map(newAcl)
  const outcome = await controller.change(async (log) => {
    const { acls } = log.image
    const fresh = AclTable.of(wanted.filter((acl): acl is Acl => typeof acl !== 'string' && !acls.has(acl)))
    if (acls.size + fresh.size > MAX_ACLS) return refusal(ErrorCode.POLICY_VIOLATION, `More than ${MAX_ACLS} rules.`)
    if (fresh.size === 0) return undefined
    const created = [...fresh.all()]
    await log.append([{ type: 'AclsCreated', acls: created }], [{ type: 'AclsDeleted', acls: created }])
    return undefined
  })
  return wanted.map((acl) => (typeof acl === 'string' ? refusal(ErrorCode.INVALID_REQUEST, acl) : outcome))
}

/** For each filter the rules that it met, which are gone then. A rule that several meet is told of with each. */
export async function deleteAcls(
  controller: Controller,
  filters: readonly AclFilter[],
): Promise<readonly (readonly Acl[] | Refusal)[]> {
  const problems = filters.map(filterProblem)
  const outcome = await controller.change(async (log) => {
    const all = [...log.image.acls.all()]
    const met = filters.map((filter, i) =>
      problems[i] === undefined ? all.filter((acl) => isMatchedBy(filter, acl)) : [],
    )
    const doomed = [...new Set(met.flat())]
    if (doomed.length > 0) {
      await log.append([{ type: 'AclsDeleted', acls: doomed }], [{ type: 'AclsCreated', acls: doomed }])
    }
    return met
  })
  return problems.map((problem, i) => {
    if (problem !== undefined) return refusal(ErrorCode.INVALID_REQUEST, problem)
    return isRefusal(outcome) ? outcome : outcome[i]!
  })
}
