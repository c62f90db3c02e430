import { z } from 'zod'
import { addressRequest, type Cause, Consequences, coordination, customerId, uuidFrom } from '#libs/contracts'
import type { UnitOfWork, Work } from '#libs/database'
import { isRefusal } from '#libs/decider'
import type { StoredResponse } from '#libs/idempotency'
import { type CustomerKey, sealObject } from '#libs/personal-data'
import type { Sealer } from '#libs/sealing'
import { handle, onRecord } from '#libs/service'
import type { OrderDetails } from '../domain/order.ts'
import type { Catalogue } from '../domain/pricing.ts'
import { announceOrder, orders } from '../order-aggregate.ts'
import { fulfilment, SOURCE } from '../sagas.ts'
import { maskedPayment } from './masked-payment.ts'
import { lines, pricedItems } from './order-lines.ts'

/** The longest that the payment provider takes. */
const MAX_TOKEN = 100

export const orderRequest = z.object({
  customerId,
  items: lines,
  payment: z.object({ token: z.string().trim().min(1).max(MAX_TOKEN) }),
  shippingAddress: addressRequest,
  coordination: coordination.default('orchestrated'),
  /** Of what was promised for it. */
  quoteId: z.uuid().toLowerCase().optional(),
})
export type OrderRequest = z.infer<typeof orderRequest>

/** What turns a request into an order. */
interface Shop {
  readonly catalogue: Catalogue
  readonly tokens: Sealer
  /** Of the customer. */
  readonly personal: CustomerKey
}

/** The order with the prices of today, its token sealed for nobody but its payment and its address by the customer's key; a 422 problem when it cannot be had. */
export const orderDetails = (
  request: OrderRequest,
  orderId: string,
  { catalogue, tokens, personal }: Shop,
): OrderDetails => {
  const priced = pricedItems(request.items, catalogue)
  const { customerId, coordination } = request
  const shippingAddress = sealObject(personal, request.shippingAddress, 'country')
  const payment = { token: tokens.seal(request.payment.token, orderId) }
  return { orderId, customerId, ...priced, payment, shippingAddress, coordination }
}

/** Everything that placing an order means, for one transaction: the order, its saga, the first messages. */
export const placeOrder = (details: OrderDetails, traceparent: string): Work<StoredResponse> => {
  const { orderId, customerId, total } = details
  const cause: Cause = { id: uuidFrom(`POST /orders:${orderId}`), correlationId: orderId, traceparent }
  return {
    announce: (uow) => announceOrder(uow, orderId),
    run: async (uow) => {
      const consequences = new Consequences(cause, SOURCE, uow.now)
      const input = { type: 'place', details: withTokenFor(details) } as const
      const actor = `customer:${customerId}`
      const placed = await handle(uow, consequences, { to: orders, id: orderId, input, actor })
      if (isRefusal(placed)) throw new Error(`order ${orderId}: ${placed.refused}`)
      await startFulfilment(uow, consequences, details)
      onRecord(uow, { actor, action: 'order.place', target: `order/${orderId}` })
      return {
        status: 201,
        headers: { location: `/api/orders/${orderId}` },
        body: { orderId, status: 'placed', total },
      }
    },
  }
}

/** The payment service gets the token by a command, or where there is none by order.placed itself. */
const withTokenFor = (details: OrderDetails): OrderDetails =>
  details.coordination === 'choreographed' ? details : maskedPayment(details)

const startFulfilment = (uow: UnitOfWork, consequences: Consequences, details: OrderDetails): Promise<void> => {
  const { orderId, customerId, total, payment, shippingAddress, items, coordination } = details
  const order = {
    orderId,
    customerId,
    total,
    token: payment.token,
    address: shippingAddress,
    lines: items.map(({ sku, quantity }) => ({ sku, quantity })),
    coordination,
  }
  const start = { type: 'start', at: uow.now.toISOString(), order } as const
  return fulfilment.start(uow, consequences, { sagaId: orderId, coordination }, start)
}
