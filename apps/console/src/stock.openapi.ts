import { z } from 'zod'
import { orderId, returnId, sku } from '#libs/contracts'
import * as schemas from './openapi-schemas.ts'
import type { Describe } from './operators.openapi.ts'

/** What there is in the warehouse and why, as a part of the OpenAPI document. */

const level = { onHand: z.int(), reserved: z.int(), available: z.int() }
export const stock = z.object({
  sku,
  name: z.string(),
  ...level,
  version: z.int().describe("Of the product's event stream: the level is what its events up to here add up to"),
})
const receiptRequest = z.object({ quantity: z.int().min(1).max(100_000) })
const receipt = z.object({ receiptId: z.uuid(), sku, quantity: z.int(), ...level })
const movement = z.object({
  version: z.int().describe('Of the event; what one transaction moved has the same'),
  at: schemas.instant,
  kind: z
    .enum(['receipt', 'reservation', 'release', 'dispatch', 'return', 'count'])
    .describe('`count`: somebody counted how much there is, and the level is that from here on'),
  quantity: z.int().nonnegative().describe('Pieces that it is about'),
  orderId: orderId.optional(),
  returnId: returnId.optional(),
  receiptId: z.uuid().optional(),
  onHand: z.int().describe('`onHand`, `reserved` and `available` are the level behind it'),
  reserved: level.reserved,
  available: level.available,
})

export const stockPaths = ({ get, json, ok, inPath, inQuery, problems, always, idempotencyKey }: Describe) => ({
  '/api/stock': { get: get('Stock of every product', schemas.page(stock)) },
  '/api/stock/{sku}': {
    get: get(
      'Stock of one product',
      stock,
      [inPath('sku'), ...inQuery({ asOf: schemas.moment })],
      problems([404, 'No such product, or nothing had happened to it by then']),
    ),
  },
  '/api/stock/{sku}/movements': {
    get: get(
      'Every movement of a product, newest first',
      schemas.cursorPage(movement),
      [inPath('sku'), ...inQuery({ cursor: z.string(), limit: z.int().min(1).max(500) })],
      problems([404, 'No such product']),
    ),
  },
  '/api/stock/{sku}/receipts': {
    post: {
      summary: 'Goods that arrived',
      parameters: [inPath('sku'), idempotencyKey],
      requestBody: { required: true, content: json(receiptRequest) },
      responses: {
        201: ok(receipt, 'Added to the stock'),
        ...always,
        ...problems(
          [400, 'A missing key or a bad field'],
          [404, 'No such product'],
          [409, 'A request with this key is still under way'],
          [422, 'More than the warehouse has room for, or the key was used with another body'],
        ),
      },
    },
  },
})
