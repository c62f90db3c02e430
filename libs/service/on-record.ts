import { Audit, type Deed } from '#libs/audit'
import type { UnitOfWork } from '#libs/database'
import type { Refusal } from '#libs/decider'

/** Puts on the audit trail what somebody asked for, and what came of it. */
export const onRecord = (
  uow: UnitOfWork,
  deed: Omit<Deed, 'outcome'> & Partial<Pick<Deed, 'outcome'>>,
  refusal?: Refusal,
): void => {
  const detail = refusal && (refusal.detail === undefined ? refusal.refused : `${refusal.refused}: ${refusal.detail}`)
  const outcome = refusal === undefined ? 'done' : 'refused'
  uow.part(Audit).record({ outcome, ...(detail === undefined ? {} : { detail }), ...deed })
}
