import { z } from 'zod'
import {
  addressRequest,
  coordination,
  customerId,
  money,
  orderEndReason,
  orderId,
  orderLine,
  orderStatus,
  quantity,
  returnId,
  returnStatus,
  shipping,
  sku,
  stockLine,
} from '#libs/contracts'
import { parkedItem } from './operators.openapi.ts'

/** What is sent and answered, made from the contracts. An end-to-end test reads real answers of every route with them. */

export const instant = z.iso.datetime()
/** For what is folded from events. */
export const moment = z
  .string()
  .describe('As it was at this instant (ISO 8601) or at this version of its event stream, inclusive; from its events')
const cursor = z.string().nullable().describe('Pass it on as `cursor` for the next page; null on the last one')

export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) })
export const cursorPage = <T extends z.ZodType>(item: T) => page(item).extend({ nextCursor: cursor })
/** The simulators leave it out on the last page. */
export const openPage = <T extends z.ZodType>(item: T) => page(item).extend({ nextCursor: z.string().optional() })

export const orderRequest = z.object({
  customerId,
  items: z
    .array(z.object({ sku: z.string().min(1).max(64), quantity }))
    .min(1)
    .max(50),
  payment: z.object({ token: z.string().min(1).max(100) }),
  shippingAddress: addressRequest,
  coordination: coordination.optional(),
  quoteId: z
    .uuid()
    .optional()
    .describe('Holds the order to what this quote promised; for the same customer, items and address'),
})
export const quoteRequest = orderRequest.pick({ customerId: true, items: true, shippingAddress: true })
export const quote = z.object({
  quoteId: z.uuid(),
  customerId,
  items: z.array(
    orderLine.extend({ available: z.int().nonnegative().describe('Pieces that could be had; none are kept') }),
  ),
  shippingAddress: addressRequest,
  shipping: shipping.omit({ quoteId: true }),
  total: money.describe('The lines and the delivery'),
  quotedAt: instant,
  validUntil: instant,
})
export const orderAccepted = z.object({ orderId, status: z.literal('placed'), total: money })
export const cancellationAccepted = z.object({ orderId, cancellation: z.literal('requested') })
const paymentStatus = z.enum(['pending', 'authorized', 'declined', 'captured', 'voided', 'refunded', 'failed'])
const shipmentStatus = z.enum(['booked', 'dispatched', 'delivered', 'impossible', 'cancelled', 'failed'])
const inReturn = { returnId, status: returnStatus, items: z.array(stockLine) }
const endOfReturn = {
  returned: z.array(stockLine).optional().describe('What came back in good order, or was lost by the carrier'),
  refunded: money.optional(),
}
export const returnRequest = orderRequest.pick({ items: true }).extend({ reason: z.string().min(1).max(1_000) })
export const returnAccepted = z.object({ orderId, ...inReturn })
export const orderReturn = z.object({
  orderId,
  ...inReturn,
  reason: z.string(),
  trackingNumber: z.string().optional(),
  accepted: z.array(stockLine).optional(),
  refused: z.array(stockLine).optional(),
  ...endOfReturn,
  requestedAt: instant,
  updatedAt: instant,
})
export const orderSummary = z.object({
  orderId,
  customerId,
  status: orderStatus,
  reason: orderEndReason.optional(),
  cancellation: z.enum(['requested', 'refused']).optional(),
  coordination,
  items: z.array(orderLine.extend({ returned: z.int().optional() })),
  returns: z.array(z.object({ ...inReturn, ...endOfReturn })).optional(),
  total: money.describe('With the cost of the delivery, where a quote promised one'),
  shipping: shipping.optional().describe('Of an order that is held to a quote'),
  payment: z.object({ status: paymentStatus, authorized: money, captured: money, refunded: money }),
  shipment: z.object({ status: shipmentStatus, trackingNumber: z.string().optional() }).optional(),
  placedAt: instant,
  updatedAt: instant,
})
export const order = orderSummary.extend({
  timeline: z.array(z.object({ at: instant, type: z.string(), messageId: z.uuid() })),
  missing: z
    .array(z.literal('query'))
    .optional()
    .describe("Who has not told its part: the read model is away or behind, and this is the owner's shorter timeline"),
})
export const event = z.object({
  version: z.int(),
  type: z.string(),
  dataVersion: z.int().describe('In which version of its type it was stored; `data` is as the newest has it'),
  at: instant,
  data: z.record(z.string(), z.unknown()),
  metadata: z.object({ messageId: z.string(), causationId: z.string(), correlationId: z.string(), actor: z.string() }),
})

/** Where a message lies in its topic, and what its headers say. */
export const topicMessage = z.object({
  topic: z.string(),
  partition: z.int(),
  offset: z.int(),
  publishedAt: instant,
  key: z.string().nullable(),
  id: z.string().nullable(),
  type: z.string().nullable(),
  source: z.string().nullable(),
  subject: z.string().nullable(),
  time: z.string().nullable().describe('When it was decided'),
  dataVersion: z.int(),
  correlationId: z.string().nullable(),
  causationId: z.string().nullable(),
})
export const orderMessages = z.object({
  items: z.array(topicMessage.extend({ data: z.unknown() })),
  complete: z.boolean().describe('False when looking for them came to its bounds'),
})

export const sagaState = z.enum(['running', 'completed', 'compensating', 'compensated', 'needs_attention'])
export const sagaStep = z.enum([
  'authorize-payment',
  'reserve-stock',
  'capture-payment',
  'ship-order',
  'dispatch-stock',
  'cancel-shipment',
  'refund-payment',
  'void-payment',
  'release-stock',
  'fetch-parcel',
  'inspect-parcel',
  'restock-goods',
  'refund-return',
  'cancel-label',
])
export const sagaSummary = z.object({
  sagaId: z.string(),
  orderId,
  type: z.string(),
  coordination,
  state: sagaState,
  startedAt: instant,
  updatedAt: instant,
  wakeAt: instant.nullable(),
  error: z.string().optional(),
})
export const saga = sagaSummary.extend({
  steps: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['running', 'retrying', 'stuck', 'abandoned', 'succeeded', 'failed', 'compensated']),
      attempts: z.int(),
      startedAt: instant,
      endedAt: instant.nullable(),
      commandId: z.string().optional().describe('Of the last command; the steps of choreographed orders have none'),
      error: z.string().optional(),
      vouchedFor: z.string().optional().describe('Why an operator said that it took place'),
    }),
  ),
})

export const product = z.object({ sku, name: z.string(), price: money })

export const salesMinute = z.object({ minute: instant, orders: z.int(), amount: money })
export const parkedPage = cursorPage(parkedItem).extend({
  unreachable: z.array(z.string()).describe('Services that could not be asked'),
})

const missing = z.array(z.string()).describe('Topics of ours that are not there')
const topic = z.object({
  name: z.string(),
  partitions: z.array(
    z.object({
      ...{ partition: z.int(), earliest: z.int(), latest: z.int() },
      leader: z.int().describe('The id of its node, -1 for nobody'),
      replicas: z.array(z.int()).describe('Nodes that are to have a copy, the preferred leader first'),
      inSync: z.array(z.int()).describe('Nodes whose copy is up to date (ISR)'),
    }),
  ),
})
export const topics = page(topic).extend({ missing })
const group = z.object({
  groupId: z.string(),
  type: z.enum(['consumer', 'share']).describe('Of a share group each record goes to one member'),
  state: z.string(),
  members: z.array(
    z.object({
      memberId: z.string(),
      clientId: z.string(),
      host: z.string(),
      assignment: z.record(z.string(), z.array(z.int())).describe('Topic → the partitions that it reads'),
    }),
  ),
  lag: z.int(),
  partitions: z.array(
    z.object({ topic: z.string(), partition: z.int(), offset: z.int(), latest: z.int(), lag: z.int() }),
  ),
})
export const groups = page(group).extend({
  missing,
  untold: z
    .array(z.string())
    .describe('Share groups whose positions Kafka did not tell in time; they are not in the items'),
})
export const health = z.object({
  status: z.enum(['ok', 'degraded']),
  services: z.record(
    z.string(),
    z.object({
      status: z.enum(['ok', 'not ready', 'unreachable']),
      checks: z.record(z.string(), z.string()).optional().describe('`ok`, or what is wrong and what to do'),
      outboxBacklog: z.int().optional().describe('Rows of its outbox that wait to be published'),
    }),
  ),
})

const rate = z.number().min(0).max(1)
const latency = z.int().min(0).max(60_000)
const duration = z.int().min(0).max(86_400_000)
export const paymentSettings = z.object({ latencyMs: latency, declineRate: rate, faultRate: rate, timeoutRate: rate })
export const carrierSettings = z.object({
  latencyMs: latency,
  dispatchMs: duration,
  deliveryMs: duration,
  faultRate: rate,
  impossibleRate: rate,
  webhookLossRate: rate,
  returnImpossibleRate: rate,
  handoverMs: duration,
  returnMs: duration,
  returnLossRate: rate,
  inspectionRefusalRate: rate,
})
export const textSettings = z.object({
  latencyMs: latency,
  faultRate: rate,
  timeoutRate: rate,
  throttlePerSecond: z.int().min(0).max(1_000_000).describe('The rest is answered 429; 0: no limit'),
  retryAfterSeconds: z.int().min(0).max(3_600).describe('What `Retry-After` says then'),
  unknownRate: rate.describe('Of recipients, refused for good'),
})
export const takenText = z.object({
  id: z.int(),
  idempotencyKey: z.string().nullable(),
  to: z.string(),
  text: z.string(),
  receivedAt: instant,
})
export const operation = z.object({
  operation: z.enum(['authorize', 'capture', 'void', 'refund']),
  orderId: z.string(),
  amount: z.int(),
  currency: z.string(),
  idempotencyKey: z.string(),
  result: z.enum(['ok', 'declined', 'error']),
  code: z.string().optional(),
  at: instant,
})
const sums = z.object({ authorized: z.int(), captured: z.int(), voided: z.int(), refunded: z.int() })
export const totals = sums.extend({
  byCurrency: z.record(z.string(), sums),
  operations: z.object({ ok: z.int(), declined: z.int(), error: z.int() }),
})
export const shipment = z.object({
  shipmentId: z.string(),
  trackingNumber: z.string(),
  orderId: z.string(),
  returnId: z.string().optional().describe('Of a parcel that comes back'),
  status: z.enum(['booked', 'dispatched', 'delivered', 'lost', 'cancelled']),
  bookedAt: instant,
  dispatchedAt: instant.optional(),
  deliveredAt: instant.optional(),
})
const mail = z.object({
  to: z.string(),
  from: z.string(),
  subject: z.string(),
  text: z.string(),
  messageId: z.string().optional(),
  kind: z.string().optional(),
  orderId: z.string().optional(),
  correlationId: z.string().optional(),
  receivedAt: instant,
})
export const mails = openPage(mail).extend({ suppressed: z.int() })

export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})
