import { type ShopEventOf, writeShopEvent } from '#libs/contracts'
import { type HandlersOf, ignoreOthers } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { saveProduct } from './sql/save-product.ts'

/**
 * The shop's own orders flow into the stream of events as checkouts, each once however often it is told, by way of the
 * outbox; and the catalogue is kept as a table, for what products are called.
 */
export const consumers: HandlersOf<'orders' | 'catalogue'> = {
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
}
