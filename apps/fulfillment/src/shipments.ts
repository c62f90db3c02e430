import type { Consequences } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { Effects } from '#libs/effects'
import { aggregate, EventStreams } from '#libs/event-store'
import { Outbox } from '#libs/outbox'
import { type ShipmentInput, type ShipmentRefusal, shipmentDecider } from './domain/decide.ts'
import { reactionTo } from './domain/reaction.ts'

const streamOf = (orderId: string): string => `shipment-${orderId}`

export const announceShipment = (uow: UnitOfWork, orderId: string): void =>
  uow.part(EventStreams).announce(streamOf(orderId))

/** What made us look at a shipment. */
export interface Origin {
  readonly consequences: Consequences
  /** The message that everything which follows is said to be caused by. */
  readonly causationId: string
}

/**
 * Load, decide, append, and in the same transaction whatever must follow: calls to the carrier and facts. Answers the
 * decider's refusal, if that is what it decided.
 */
export const handleShipment = async (
  uow: UnitOfWork,
  orderId: string,
  input: ShipmentInput,
  { consequences, causationId }: Origin,
): Promise<Refusal<ShipmentRefusal> | undefined> => {
  const shipment = await aggregate(uow, shipmentDecider, streamOf(orderId))
  const decision = shipmentDecider.decide(shipment.state, input)
  if (isRefusal(decision)) return decision
  const { cause } = consequences
  for (const event of decision) {
    const metadata = { messageId: consequences.nextId(), causationId, correlationId: cause.correlationId }
    shipment.append([{ ...event, metadata }])
    const reaction = reactionTo(event, shipment.state)
    if (reaction === undefined) continue
    if ('fact' in reaction) {
      const { type, data } = reaction.fact
      const fact = consequences.message(type, { subject: orderId, key: data.customerId, data })
      uow.part(Outbox).add({ ...fact, causationId })
    } else {
      const { operation: kind, payload } = reaction.call
      const id = consequences.nextId()
      uow.part(Effects).add({ id, kind, key: orderId, payload, cause: { ...cause, id: causationId } })
    }
  }
  return undefined
}
