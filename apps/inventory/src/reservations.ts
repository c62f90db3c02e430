import type { Consequences, DataOf } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal } from '#libs/decider'
import { Unprocessable } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { factOf } from './domain/published-facts.ts'
import { type ReservationInput, reservationDecider } from './domain/reservation.ts'
import { stockChanges } from './domain/stock.ts'
import { Warehouse } from './warehouse.ts'

export type Command =
  | { readonly type: 'reserve'; readonly data: DataOf<'stock.reserve'> }
  | { readonly type: 'release'; readonly data: DataOf<'stock.release'> }
  | { readonly type: 'dispatch'; readonly data: DataOf<'stock.dispatch'> }

/** Load, decide, append; stock levels and facts in the same transaction. */
export const handleReservation = async (
  uow: UnitOfWork,
  command: Command,
  consequences: Consequences,
): Promise<void> => {
  const warehouse = uow.part(Warehouse)
  const { orderId } = command.data
  const reservation = await warehouse.reservation(orderId)
  const decision = reservationDecider.decide(reservation.state, await inputOf(command, warehouse))
  if (isRefusal(decision)) throw new Unprocessable(`${command.type}: ${decision.refused}, ${decision.detail}`)
  const { id: causationId, correlationId } = consequences.cause
  for (const event of decision) {
    reservation.append([{ ...event, metadata: { messageId: consequences.nextId(), causationId, correlationId } }])
    await warehouse.change(stockChanges(event))
    const fact = factOf(reservation.state)
    if (fact === undefined) continue
    const about = { subject: orderId, key: fact.data.customerId, data: fact.data }
    uow.part(Outbox).add(consequences.message(fact.type, about))
  }
}

const inputOf = async (command: Command, warehouse: Warehouse): Promise<ReservationInput> =>
  command.type === 'reserve'
    ? { ...command, levels: await warehouse.levels(command.data.lines.map(({ sku }) => sku)) }
    : command
