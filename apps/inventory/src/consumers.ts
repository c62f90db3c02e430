import type { DataOf } from '#libs/contracts'
import { isRefusal } from '#libs/decider'
import type { Handler, HandlersOf } from '#libs/messaging'
import { type Command, handleReservation } from './reservations.ts'
import { Warehouse } from './warehouse.ts'

type Commands = HandlersOf<'inventory-commands'>

const reservation = <T extends keyof Commands>(
  commandOf: (data: DataOf<T>) => Command,
  skusOf: (data: DataOf<T>) => readonly string[] = () => [],
): Handler<T> => ({
  announce: ({ data }, uow) => uow.part(Warehouse).announce(data.orderId, skusOf(data as DataOf<T>)),
  handle: async ({ data }, { uow, consequences }) => {
    const decision = await handleReservation(uow, commandOf(data as DataOf<T>), consequences)
    return isRefusal(decision) ? decision : undefined
  },
})

/** Message type → decision. */
export const consumers: Commands = {
  'stock.reserve': reservation(
    (data) => ({ type: 'reserve', data }),
    ({ lines }) => lines.map(({ sku }) => sku),
  ),
  'stock.release': reservation((data) => ({ type: 'release', data })),
  'stock.dispatch': reservation((data) => ({ type: 'dispatch', data })),
  'stock.return': reservation(
    (data) => ({ type: 'return', data }),
    ({ lines }) => lines.map(({ sku }) => sku),
  ),
}
