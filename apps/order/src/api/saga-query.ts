import { z } from 'zod'
import { type SagaCursor, type SagaFilter, sagaStatuses } from '#libs/saga'
import { allSteps, sagaTypes } from '../saga-kinds.ts'

/** After 1970, before 10000: what a database knows as well. */
const instant = z.iso.datetime().refine((text) => Date.parse(text) >= 0)
const date = instant.transform((text) => new Date(text))
const sagaIds = /^[\x21-\x7e]{1,200}$/

/** Opaque to callers; anything that was not handed out here is a bad request. */
const cursor = z.string().transform((text, context): SagaCursor => {
  const [startedAt, sagaId] = Buffer.from(text, 'base64url').toString('utf8').split(' ')
  if (instant.safeParse(startedAt).success && sagaIds.test(sagaId ?? ''))
    return { startedAt: new Date(startedAt!), sagaId: sagaId! }
  context.addIssue('not a cursor of this list: pass on `nextCursor` as it came')
  return z.NEVER
})

export const encodeCursor = ({ startedAt, sagaId }: SagaCursor): string =>
  Buffer.from(`${startedAt.toISOString()} ${sagaId}`).toString('base64url')

/** Which sagas are meant; `step`: those that wait for its outcome, so none that has ended. */
export const sagaFilter = z.strictObject({
  state: z.enum(sagaStatuses).optional(),
  type: z.enum(sagaTypes).optional(),
  step: z.enum(allSteps).optional(),
  startedBefore: date.optional(),
  updatedBefore: date.optional(),
})

export const sagaPage = sagaFilter.extend({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
})

export const filterOf = ({ state: status, step, ...rest }: z.infer<typeof sagaFilter>): SagaFilter => ({
  ...rest,
  status,
  underWay: step && { path: ['steps', step, 'status'], anyOf: ['running', 'retrying', 'stuck'] },
})
