import type { Consequences, DataOf } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { type AggregateType, handle } from '#libs/service'
import { movementsOf } from './domain/movements.ts'
import { factOf } from './domain/published-facts.ts'
import {
  type Reservation,
  type ReservationEvent,
  type ReservationInput,
  type ReservationRefusal,
  reservationDecider,
} from './domain/reservation.ts'
import { Warehouse } from './warehouse.ts'

export const reservations: AggregateType<Reservation, ReservationInput, ReservationEvent, ReservationRefusal> = {
  decider: reservationDecider,
  stream: (orderId) => `reservation-${orderId}`,
  react: (event, reservation) => {
    const fact = factOf(event, reservation)
    return fact === undefined ? undefined : { fact }
  },
}

export type Command =
  | { readonly type: 'reserve'; readonly data: DataOf<'stock.reserve'> }
  | { readonly type: 'release'; readonly data: DataOf<'stock.release'> }
  | { readonly type: 'dispatch'; readonly data: DataOf<'stock.dispatch'> }
  | { readonly type: 'return'; readonly data: DataOf<'stock.return'> }

/** Decides on a reservation; the stock levels follow in the same transaction. */
export const handleReservation = async (
  uow: UnitOfWork,
  command: Command,
  consequences: Consequences,
): Promise<readonly ReservationEvent[] | Refusal<ReservationRefusal>> => {
  const warehouse = uow.part(Warehouse)
  const { orderId: id } = command.data
  const input = await inputOf(command, warehouse)
  const decision = await handle(uow, consequences, { to: reservations, id, input })
  if (!isRefusal(decision)) await warehouse.move(decision.flatMap(movementsOf))
  return decision
}

const inputOf = async (command: Command, warehouse: Warehouse): Promise<ReservationInput> =>
  command.type === 'reserve'
    ? { ...command, levels: await warehouse.levels(command.data.lines.map(({ sku }) => sku)) }
    : command
