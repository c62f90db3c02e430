import type { Consequences } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal } from '#libs/decider'
import { Effects } from '#libs/effects'
import { aggregate, EventStreams } from '#libs/event-store'
import { Unprocessable } from '#libs/messaging'
import { Outbox } from '#libs/outbox'
import { type PaymentInput, paymentDecider } from './domain/decide.ts'
import { reactionTo } from './domain/reaction.ts'

const streamOf = (orderId: string): string => `payment-${orderId}`

export const announcePayment = (uow: UnitOfWork, orderId: string): void =>
  uow.part(EventStreams).announce(streamOf(orderId))

/** What made us look at a payment. */
export interface Origin {
  readonly consequences: Consequences
  /** The message that everything which follows is said to be caused by. */
  readonly causationId: string
}

/** Load, decide, append, and in the same transaction whatever must follow: calls to the provider and facts. */
export const handlePayment = async (
  uow: UnitOfWork,
  orderId: string,
  input: PaymentInput,
  { consequences, causationId }: Origin,
): Promise<void> => {
  const payment = await aggregate(uow, paymentDecider, streamOf(orderId))
  const decision = paymentDecider.decide(payment.state, input)
  if (isRefusal(decision)) throw new Unprocessable(`${input.type}: ${decision.refused}, ${decision.detail}`)
  const { cause } = consequences
  for (const event of decision) {
    const metadata = { messageId: consequences.nextId(), causationId, correlationId: cause.correlationId }
    payment.append([{ ...event, metadata }])
    const reaction = reactionTo(event, payment.state)
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
}
