import { z } from 'zod'
import { customerId, money, orderId, returnId, returnStatus, stockLine } from '#libs/contracts'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** Read models, what can be asked of them, and what they answer, as a part of the OpenAPI document. */

const count = z.int().nonnegative()
const day = z.iso.date()
const actor = z.string()
const state = z.enum(['filling', 'joining', 'comparing', 'ready', 'switching', 'serving', 'kept', 'retired'])
const command = z.enum(['rebuild', 'switch', 'rollback', 'cancel'])
const comparison = z.object({
  comparedWith: z.int().describe('The version that served then'),
  serving: count.describe('Rows looked at in the version that serves'),
  candidate: count.describe('Rows looked at in the new one'),
  missing: count.describe('Rows that the new one lacks'),
  added: count,
  differing: count,
  servingDigest: z.string().describe('XOR of a digest of each row'),
  candidateDigest: z.string(),
  sample: z.array(z.string()),
})
const version = z.object({
  version: z.int(),
  revision: z.int().describe('Of the definition that it was made by'),
  state,
  since: schemas.instant,
  automatic: z.boolean(),
  requestedBy: actor,
  reason: z.string().optional(),
  createdAt: schemas.instant,
  filledAt: schemas.instant.optional(),
  detail: z.string().optional().describe('Why it waits for a person, or what became of it'),
  droppedAt: schemas.instant.optional(),
  records: count.describe('Read from the topics to fill it'),
  skipped: count.describe('Of those, left out: parked, or not readable'),
  position: count.optional(),
  end: count.optional(),
  lag: count.optional(),
  percent: z.number().optional(),
  recordsPerSecond: count.optional(),
  secondsLeft: count.nullable().optional(),
  incomplete: z
    .array(z.object({ partition: z.string(), beginsAt: count }))
    .describe('Partitions whose beginning is gone'),
  comparison: comparison.nullable(),
})
export const projection = z.object({
  name: z.string(),
  topics: z.array(z.string()),
  position: count,
  lag: count,
  updatedAt: schemas.instant.nullable(),
  servingVersion: z.int().nullable(),
  commands: z.array(command).describe('What would be accepted now'),
  versions: z.array(version),
})
const accepted = z.object({ projection: z.string(), version: z.int(), accepted: command })
const reason = z.string().min(1).max(1_000).optional()

const history = schemas
  .cursorPage(
    z.object({
      orderId,
      placedAt: schemas.instant,
      status: z.enum(['open', 'completed', 'rejected', 'cancelled']),
      total: money,
      spent: money,
      returned: money,
    }),
  )
  .extend({
    customerId,
    totals: z.array(z.object({ currency: z.string(), orders: count, completed: count, spent: money, returned: money })),
  })
export const productSales = schemas.cursorPage(
  z.object({
    ...{ day, sku: z.string(), orders: count },
    quantity: count.describe('Sold, whatever came back'),
    amount: money,
    returned: z.object({ quantity: count, amount: money }).describe('Of these pieces, what came back since'),
    net: z.object({ quantity: z.int(), amount: money }).describe('Sold less returned'),
  }),
)
const stage = z.enum([
  'accepting',
  'capturing',
  'shipping',
  'delivering',
  'settling',
  'cancelling',
  'compensating',
  'completed',
  'returning',
  'rejected',
  'cancelled',
])
export const sagaBoard = schemas
  .cursorPage(
    z.object({
      orderId,
      stage,
      customerId,
      coordination: z.string().optional(),
      placedAt: schemas.instant,
      updatedAt: schemas.instant,
      cancellation: z.enum(['requested', 'refused']).optional(),
      end: z.enum(['completed', 'rejected', 'cancelled']).optional(),
      steps: z.record(z.string(), z.string()),
      returns: z
        .array(
          z.object({
            ...{ returnId, status: returnStatus, items: z.array(stockLine) },
            requestedAt: schemas.instant.optional(),
          }),
        )
        .optional(),
    }),
  )
  .extend({ stage, stages: z.array(z.object({ stage, orders: count })) })

export const projectionPaths = ({
  get,
  json,
  ok,
  inQuery,
  inPath,
  problems,
  idempotencyKey,
  actorHeader,
}: Describe) => {
  const write = (summary: string, body: z.ZodType, conflict: string) => ({
    post: {
      summary,
      parameters: [inPath('name'), idempotencyKey, actorHeader],
      requestBody: { required: false, content: json(body) },
      responses: {
        202: {
          ...ok(accepted, 'Accepted, and on record; `Location` shows how it goes on'),
          headers: { Location: { schema: { type: 'string' } } },
        },
        ...problems(
          [400, 'A missing key, or bad fields'],
          [404, 'No such projection'],
          [409, `${conflict}; \`reason\` says why. Or the request is under way`],
          [422, 'The key was used with another body'],
        ),
      },
    },
  })
  const notYet = problems([503, 'It is being filled for the first time'])
  const page = { cursor: z.string(), limit: z.int().min(1).max(200) }
  return {
    '/api/projections': {
      get: get('Every read model, its versions and how far each has come', schemas.page(projection)),
    },
    '/api/projections/{name}': {
      get: get('One read model', projection, [inPath('name')], problems([404, 'No such projection'])),
    },
    '/api/projections/{name}/rebuild': write(
      'Fill a new version from the beginning of the topics, beside the one that serves, and switch it in',
      z.object({ switch: z.enum(['automatic', 'manual']).default('automatic'), reason }),
      'A rebuild is under way',
    ),
    '/api/projections/{name}/switch': write(
      'Switch in the version that is ready',
      z.object({ reason }),
      'There is none that is ready',
    ),
    '/api/projections/{name}/rollback': write(
      'Go back to the version that served before, while it is kept',
      z.object({ reason }),
      'It is no longer kept',
    ),
    '/api/projections/{name}/cancel': write(
      'Give up the rebuild that is under way',
      z.object({ reason }),
      'There is none, or it is the first version',
    ),
    '/api/sales': { get: get('Completed orders and their worth per minute', schemas.page(schemas.salesMinute)) },
    '/api/sales/products': {
      get: get(
        'What was sold of each product on each day and what of it came back, the latest day first',
        productSales,
        inQuery({ day, from: day, to: day, sku: z.string(), cursor: z.string(), limit: z.int().min(1).max(500) }),
        notYet,
      ),
    },
    '/api/customers/{customerId}/history': {
      get: get(
        'What a customer ordered, spent and got back: totals by currency, and the orders, newest first',
        history,
        [inPath('customerId'), ...inQuery(page)],
        { ...problems([404, 'The customer has not ordered anything']), ...notYet },
      ),
    },
    '/api/saga-board': {
      get: get(
        'How many orders are on each stage of their saga, and the cards of one stage',
        sagaBoard,
        inQuery({ stage, ...page }),
        notYet,
      ),
    },
  }
}
