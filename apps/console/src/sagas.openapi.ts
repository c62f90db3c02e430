import { z } from 'zod'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** What can be asked about sagas and of them, as a part of the OpenAPI document. */

const filter = {
  state: schemas.sagaState,
  type: z.enum(['fulfilment', 'return']),
  step: schemas.sagaStep.describe('Sagas that wait for the outcome of this step'),
  startedBefore: schemas.instant,
  updatedBefore: schemas.instant.describe('Sagas of which nothing was heard since'),
}
export const counts = z.object({
  items: z.array(z.object({ state: schemas.sagaState, count: z.int() })),
  total: z.int(),
})
const accepted = z.object({ sagaId: z.string(), accepted: z.string(), step: schemas.sagaStep.optional() })
const reason = z.string().min(1).max(1_000)

export const sagaPaths = ({ get, json, ok, inQuery, inPath, problems, idempotencyKey, actorHeader }: Describe) => {
  const operation = (summary: string, path: readonly object[], body: z.ZodType) => ({
    post: {
      summary,
      parameters: [...path, idempotencyKey, actorHeader],
      requestBody: { required: true, content: json(body) },
      responses: {
        202: ok(accepted, 'Accepted, and on record; the saga goes on from there'),
        ...problems(
          [400, 'A missing key, or bad fields'],
          [404, 'No such saga or step'],
          [409, 'Not possible as the saga stands, `reason` says why; or the request is under way'],
          [422, 'The key was used with another body'],
        ),
      },
    },
  })
  const step = [inPath('sagaId'), inPath('step')]
  return {
    '/api/sagas': {
      get: get(
        'Sagas, newest first',
        schemas.cursorPage(schemas.sagaSummary),
        inQuery({ ...filter, cursor: z.string(), limit: z.int().min(1).max(200) }),
      ),
    },
    '/api/sagas/{sagaId}': {
      get: get(
        "One saga, step by step: an order's by the order's id, a return's by the return's",
        schemas.saga,
        [inPath('sagaId'), ...inQuery({ asOf: schemas.moment })],
        problems([404, 'No such saga, or not yet']),
      ),
    },
    '/api/sagas/counts': { get: get('How many sagas are in each state', counts, inQuery(filter)) },
    '/api/sagas/{sagaId}/steps/{step}/retry': operation(
      'Have a step tried again now, with fresh patience; `ship-order` or `fetch-parcel` of a missing parcel asks the carrier again',
      step,
      z.object({ reason: reason.optional() }),
    ),
    '/api/sagas/{sagaId}/steps/{step}/skip': operation(
      'Vouch that a step took place for which the saga waits in vain; where money or goods hang on it, it must be retried',
      step,
      z.object({ reason }),
    ),
    '/api/sagas/{sagaId}/compensate': operation(
      'Undo everything and cancel the order, or call the return off, as long as its parcel has not left',
      [inPath('sagaId')],
      z.object({ reason }),
    ),
  }
}
