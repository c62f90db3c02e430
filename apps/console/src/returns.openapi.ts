import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** Returns are in the stream of their order. */
const asOf = (inQuery: Describe['inQuery']) =>
  inQuery({
    asOf: schemas.moment.describe("As it was at this instant (ISO 8601) or at this version of the order's stream"),
  })

/** What customers send back, as a part of the OpenAPI document. */
export const returnPaths = ({ get, json, ok, inPath, inQuery, problems, idempotencyKey }: Describe) => ({
  '/api/orders/{orderId}/returns': {
    post: {
      summary: 'Send delivered goods back',
      parameters: [inPath('orderId'), idempotencyKey],
      requestBody: { required: true, content: json(schemas.returnRequest) },
      responses: {
        202: {
          ...ok(schemas.returnAccepted, 'Accepted: a label is asked for; the same answer for every repetition'),
          headers: { Location: { schema: { type: 'string' } } },
        },
        ...problems(
          [400, 'A missing key, or bad fields'],
          [404, 'No such order'],
          [409, 'Not delivered, too late, or more than can be returned (`lines`); or the request is under way'],
          [422, 'The key was used with another body'],
        ),
      },
    },
    get: get(
      "The order's returns, oldest first",
      schemas.page(schemas.orderReturn),
      [inPath('orderId'), ...asOf(inQuery)],
      problems([404, 'No such order']),
    ),
  },
  '/api/orders/{orderId}/returns/{returnId}': {
    get: get(
      'One return',
      schemas.orderReturn,
      [inPath('orderId'), inPath('returnId'), ...asOf(inQuery)],
      problems([404, 'No such order, or it has no such return, or not yet']),
    ),
  },
})
