import { type ShopEventOf, writeShopEvent } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { type HandlersOf, ignoreOthers } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { saveProduct } from './sql/save-product.ts'
import { StockMoves } from './stock-moves.ts'

/**
 * The shop's own orders flow into the stream of events as checkouts, each once however often it is told, by way of the
 * outbox. The catalogue and the stock are kept as tables, for what products are called and how many there are.
 */
export const consumers: HandlersOf<'orders' | 'catalogue' | 'inventory'> = {
  ...ignoreOthers('orders', ['order.placed']),
  'order.placed': {
    handle: async ({ data, time }, { uow }) => {
      const { orderId, customerId, items, total, shippingAddress } = data
      const event: ShopEventOf<'checkout'> = {
        ...{ type: 'checkout', id: `order-${orderId}`, time: Date.parse(time), session: `order-${orderId}` },
        ...{ customer: customerId, country: shippingAddress.country, device: 'app', currency: total.currency, orderId },
        lines: items.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, price: unitPrice.amount })),
      }
      const record = { key: event.session, value: writeShopEvent(event), headers: {} }
      uow.part(Outbox).addRaw('shop-events', record)
    },
  },
  'product.listed': {
    handle: ({ data: { sku, name, price } }, { uow }) => saveProduct(uow, { sku, name, price }),
  },
  ...ignoreOthers('inventory', ['stock.received', 'stock.reserved', 'stock.released']),
  'stock.received': {
    handle: ({ data: { sku, quantity } }, { uow }) => moved(uow, [{ sku, quantity }], 1),
  },
  'stock.reserved': { handle: ({ data: { lines } }, { uow }) => moved(uow, lines, -1) },
  'stock.released': { handle: ({ data: { lines } }, { uow }) => moved(uow, lines, 1) },
}

const moved = (uow: UnitOfWork, lines: readonly { sku: string; quantity: number }[], sign: 1 | -1): undefined => {
  for (const { sku, quantity } of lines) uow.part(StockMoves).add(sku, sign * quantity)
}
