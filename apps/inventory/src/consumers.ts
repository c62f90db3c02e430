import type { DataOf, MessageType } from '#libs/contracts'
import { isRefusal } from '#libs/decider'
import { type Handler, type HandlersOf, ignoreOthers } from '#libs/messaging'
import { type Command, handleReservation } from './reservations.ts'
import { Warehouse } from './warehouse.ts'

type Order = Pick<DataOf<'order.overdue'>, 'orderId' | 'customerId'>
type OrderWithLines = Pick<DataOf<'order.overdue'>, 'orderId' | 'customerId' | 'lines'>
type OfOrder = { [T in MessageType]: DataOf<T> extends Order ? T : never }[MessageType]

const reservation = <T extends OfOrder>(commandOf: (data: DataOf<T>) => Command | undefined): Handler<T> => ({
  announce: ({ data }, uow) => {
    const command = commandOf(data as DataOf<T>)
    const skus = command && 'lines' in command.data ? command.data.lines.map(({ sku }) => sku) : []
    if (command !== undefined) uow.part(Warehouse).announce(command.data.orderId, skus)
  },
  handle: async ({ data }, { uow, consequences }) => {
    const command = commandOf(data as DataOf<T>)
    const decision = command && (await handleReservation(uow, command, consequences))
    return decision && isRefusal(decision) ? decision : undefined
  },
})

/** The same for a choreographed order; all other orders' facts are passed over. */
const reaction = <T extends OfOrder>(commandFor: (data: DataOf<T>) => Command | undefined): Handler<T> => ({
  ...reservation(commandFor),
  only: 'choreographed',
})

const reserve = ({ orderId, customerId, lines }: OrderWithLines): Command => ({
  type: 'reserve',
  data: { orderId, customerId, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) },
})
const dispatch = ({ orderId, customerId }: Order): Command => ({ type: 'dispatch', data: { orderId, customerId } })
const release = ({ orderId, customerId }: Order): Command => ({ type: 'release', data: { orderId, customerId } })

/**
 * Message type → decision. The decisions are the same in both styles, only who triggers them differs: the saga of an
 * orchestrated order commands, a choreographed order's own facts bring them about.
 */
export const consumers: HandlersOf<'inventory-commands' | 'orders'> = {
  'stock.reserve': reservation(reserve),
  'order.placed': reaction(({ items, ...order }) => reserve({ ...order, lines: items })),

  'stock.dispatch': reservation(dispatch),
  'order.shipped': reaction(dispatch),

  'stock.release': reservation(release),
  'order.withdrawn': reaction((order) => (order.toUndo.includes('stock') ? release(order) : undefined)),

  'order.overdue': reaction((order) => {
    if (order.awaiting === 'stock.reserved') return reserve(order)
    if (order.awaiting === 'stock.dispatched') return dispatch(order)
    return order.awaiting === 'stock.released' ? release(order) : undefined
  }),

  'stock.return': reservation((data) => ({ type: 'return', data })),

  ...ignoreOthers('orders', ['order.placed', 'order.shipped', 'order.withdrawn', 'order.overdue']),
}
