import { z } from 'zod'
import {
  address,
  coordination,
  customerId,
  money,
  orderEndReason,
  orderId,
  orderLine,
  orderStatus,
  quantity,
  sku,
} from '#libs/contracts'

import { operatorPaths, parkedItem } from './operators.openapi.ts'

/** The REST interface as OpenAPI 3.1, with schemas made from the contracts. A test holds it against the routes. */

const instant = z.iso.datetime()
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) })
const cursorPage = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

const orderRequest = z.object({
  customerId,
  items: z.array(z.object({ sku, quantity })).min(1),
  payment: z.object({ token: z.string() }),
  shippingAddress: address,
  coordination: coordination.optional(),
})
const orderAccepted = z.object({ orderId, status: z.literal('placed'), total: money })
const orderSummary = z.object({
  orderId,
  customerId,
  status: orderStatus,
  reason: orderEndReason.optional(),
  cancellation: z.enum(['requested', 'refused']).optional(),
  coordination,
  items: z.array(orderLine),
  total: money,
  payment: z.object({ status: z.string(), authorized: money, captured: money, refunded: money }),
  shipment: z.object({ status: z.string(), trackingNumber: z.string().optional() }).optional(),
  placedAt: instant,
  updatedAt: instant,
})
const order = orderSummary.extend({
  timeline: z.array(z.object({ at: instant, type: z.string(), messageId: z.uuid() })),
})
const event = z.object({
  version: z.int(),
  type: z.string(),
  at: instant,
  data: z.record(z.string(), z.unknown()),
  metadata: z.object({ messageId: z.string(), causationId: z.string(), correlationId: z.string(), actor: z.string() }),
})
const saga = z.object({
  sagaId: z.string(),
  type: z.string(),
  coordination,
  state: z.enum(['running', 'completed', 'compensating', 'compensated', 'needs_attention']),
  steps: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      attempts: z.int(),
      startedAt: instant,
      endedAt: instant.nullable(),
      commandId: z.string(),
      error: z.string().optional(),
    }),
  ),
})
const stock = z.object({ sku, onHand: z.int(), reserved: z.int(), available: z.int() })
const notification = z.object({
  notificationId: z.uuid(),
  orderId,
  customerId,
  kind: z.string(),
  channel: z.string(),
  to: z.string(),
  status: z.enum(['pending', 'sent', 'failed']),
  at: instant,
})
const rate = z.number().min(0).max(1)
const milliseconds = z.int().min(0).max(60_000)
const paymentSettings = z.object({ latencyMs: milliseconds, declineRate: rate, faultRate: rate, timeoutRate: rate })
const carrierSettings = z.object({
  latencyMs: milliseconds,
  dispatchMs: milliseconds,
  deliveryMs: milliseconds,
  faultRate: rate,
  impossibleRate: rate,
})
const operation = z.object({
  operation: z.enum(['authorize', 'capture', 'void', 'refund']),
  orderId,
  amount: z.int(),
  currency: z.string(),
  idempotencyKey: z.string(),
  result: z.enum(['ok', 'declined', 'error']),
  at: instant,
})
const mail = z.object({
  to: z.string(),
  from: z.string(),
  subject: z.string(),
  text: z.string(),
  messageId: z.string(),
  receivedAt: instant,
})
const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})

const json = (schema: z.ZodType) => ({ 'application/json': { schema: asJsonSchema(schema) } })
const asJsonSchema = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })
  return rest
}
const ok = (schema: z.ZodType, description = 'OK') => ({ description, content: json(schema) })
const problems = (...statuses: [status: number, when: string][]) =>
  Object.fromEntries(
    statuses.map(([status, description]) => [
      status,
      { description, content: { 'application/problem+json': { schema: asJsonSchema(problem) } } },
    ]),
  )
const inPath = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } })
const inQuery = (...names: string[]) =>
  names.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } }))
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'Chosen by the caller, the same for every repetition of one request',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}
const get = (summary: string, answer: z.ZodType, parameters: object[] = [], more: object = {}) => ({
  summary,
  parameters,
  responses: { 200: ok(answer), ...more },
})
const put = (summary: string, schema: z.ZodType) => ({
  summary,
  requestBody: { required: true, content: json(schema) },
  responses: { 200: ok(schema), ...problems([400, 'A setting is out of its range']) },
})

const unknownOrder = problems([404, 'No such order'])
const any = z.record(z.string(), z.unknown())

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Waybill',
    version: '0.1.0',
    description:
      'Place an order and watch it travel through payment, inventory, fulfillment and notification. Money is an integer amount of minor units with its ISO 4217 currency.',
  },
  paths: {
    '/api/orders': {
      post: {
        summary: 'Place an order',
        parameters: [idempotencyKey],
        requestBody: { required: true, content: json(orderRequest) },
        responses: {
          201: {
            ...ok(orderAccepted, 'Placed; the same answer for every repetition'),
            headers: { Location: { schema: { type: 'string' } } },
          },
          ...problems(
            [400, 'Broken JSON, a missing key, or bad fields, each named by its JSON pointer'],
            [409, 'A request with this key is still under way'],
            [413, 'The body is larger than 64 KiB'],
            [422, 'An unknown SKU, or the key was used with another body'],
          ),
        },
      },
      get: get('Orders, newest first', cursorPage(orderSummary), inQuery('customerId', 'status', 'cursor', 'limit')),
    },
    '/api/orders/{orderId}': { get: get('One order', order, [inPath('orderId')], unknownOrder) },
    '/api/orders/{orderId}/events': {
      get: get("The order's event stream", page(event), [inPath('orderId')], unknownOrder),
    },
    '/api/orders/{orderId}/saga': {
      get: get("The order's saga, step by step", saga, [inPath('orderId')], unknownOrder),
    },
    '/api/orders/{orderId}/cancel': {
      post: {
        summary: 'Cancel an order that has not been dispatched',
        parameters: [inPath('orderId')],
        responses: {
          202: ok(any, 'Accepted: everything done so far is being undone'),
          ...unknownOrder,
          ...problems([409, 'Dispatched, or ended otherwise']),
        },
      },
    },
    '/api/sagas': { get: get('Sagas, newest first', cursorPage(saga), inQuery('state', 'cursor', 'limit')) },
    '/api/catalogue': { get: get('Products and prices', page(z.object({ sku, name: z.string(), price: money }))) },
    '/api/stock': { get: get('Stock of every product', page(stock)) },
    '/api/stock/{sku}': {
      get: get('Stock of one product', stock, [inPath('sku')], problems([404, 'No such product'])),
    },
    '/api/stock/{sku}/receipts': {
      post: {
        summary: 'Goods that arrived',
        parameters: [inPath('sku'), idempotencyKey],
        requestBody: { required: true, content: json(z.object({ quantity: z.int().min(1) })) },
        responses: { 201: ok(any, 'Added to the stock'), ...problems([400, 'A bad field'], [404, 'No such product']) },
      },
    },
    '/api/projections': {
      get: get(
        'How far each read model has come',
        page(z.object({ name: z.string(), position: z.int(), lag: z.int(), updatedAt: instant.nullable() })),
      ),
    },
    '/api/sales': {
      get: get(
        'Completed orders and their worth per minute',
        page(z.object({ minute: instant, orders: z.int(), amount: money })),
      ),
    },
    '/api/topics': { get: get('Topics, with the offsets of their partitions', page(any)) },
    '/api/groups': { get: get('Consumer groups, with members and lag', page(any)) },
    '/api/notifications': {
      get: get('What customers were told, newest first', page(notification), inQuery('customerId', 'orderId', 'limit')),
    },
    '/api/parked': {
      get: get(
        'Messages that some service could not handle',
        cursorPage(parkedItem).extend({ unreachable: z.array(z.string()) }),
        inQuery('service', 'topic', 'key', 'type', 'reason', 'status', 'orderId', 'cursor', 'limit'),
      ),
    },
    ...operatorPaths({ get, json, ok, inQuery, inPath, problems, idempotencyKey }),
    '/api/health': { get: get('Health of every service', any) },
    '/api/simulators/payment/settings': {
      get: get('How the payment provider behaves', paymentSettings),
      put: put('Make the payment provider slow or faulty', paymentSettings.partial()),
    },
    '/api/simulators/payment/operations': {
      get: get("The payment provider's ledger", page(operation), inQuery('orderId', 'cursor', 'limit')),
    },
    '/api/simulators/payment/totals': { get: get('Sums over the ledger', any) },
    '/api/simulators/carrier/settings': {
      get: get('How the carrier behaves', carrierSettings),
      put: put('Make the carrier slow or faulty', carrierSettings.partial()),
    },
    '/api/simulators/carrier/shipments': { get: get('Shipments at the carrier', page(any), inQuery('orderId')) },
    '/api/simulators/mailbox': {
      get: get('Mails that arrived, newest first', page(mail), inQuery('to', 'orderId', 'cursor', 'limit')),
    },
  },
}
