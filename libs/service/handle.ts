import type { Consequences } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { Effects } from '#libs/effects'
import { aggregate, type DomainEvent } from '#libs/event-store'
import { Outbox } from '#libs/outbox'
import type { AggregateType, Because, Reaction } from './aggregate.ts'

/** What is put to one aggregate. */
export interface Question<State, Input, Event extends DomainEvent, Reason extends string> extends Because {
  readonly to: AggregateType<State, Input, Event, Reason>
  readonly id: string
  readonly input: Input
}

/**
 * The one way in which anything is decided: load, decide, append and, in the same transaction, whatever follows from
 * each event, be it a fact to publish or a call to make. Answers the events, or the refusal: then nothing was written.
 *
 * An event that tells the world has the id of its fact.
 */
export const handle = async <State, Input, Event extends DomainEvent, Reason extends string>(
  uow: UnitOfWork,
  consequences: Consequences,
  { to: { decider, stream, react }, id, input, ...because }: Question<State, Input, Event, Reason>,
): Promise<readonly Event[] | Refusal<Reason>> => {
  const loaded = await aggregate(uow, decider, stream(id))
  const decision = decider.decide(loaded.state, input)
  if (isRefusal(decision)) return decision
  const { correlationId } = consequences.cause
  const { causationId = consequences.cause.id, actor } = because
  for (const event of decision) {
    const messageId = consequences.nextId()
    const metadata = { messageId, causationId, correlationId, ...(actor === undefined ? {} : { actor }) }
    loaded.append([{ ...event, metadata }])
    const reaction = react(event, loaded.state)
    if (reaction !== undefined) bringAbout(uow, consequences, reaction, { id, messageId, causationId })
  }
  return decision
}

const bringAbout = (
  uow: UnitOfWork,
  consequences: Consequences,
  reaction: Reaction,
  { id, messageId, causationId }: { id: string; messageId: string; causationId: string },
): void => {
  if ('fact' in reaction) {
    const { type, data } = reaction.fact
    const { coordination } = reaction
    const fact = consequences.message(type, { id: messageId, subject: id, key: data.customerId, data, coordination })
    uow.part(Outbox).add({ ...fact, causationId })
  } else {
    const { kind, payload } = reaction.call
    const cause = { ...consequences.cause, id: causationId }
    uow.part(Effects).add({ id: consequences.nextId(), kind, key: id, payload, cause })
  }
}
