import { Consequences, type DataOf, type MessageType } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal } from '#libs/decider'
import { type AnyEffect, type AnyOutcome, type EffectKinds, outcomeCause } from '#libs/effects'
import type { Handler, MessageContext } from '#libs/messaging'
import { type AggregateType, announceAggregate } from './aggregate.ts'
import { handle } from './handle.ts'

/** Messages that belong to an order, which names every aggregate that is part of it. */
type OfOrder = { [T in MessageType]: DataOf<T> extends { orderId: string } ? T : never }[MessageType]

// biome-ignore lint/suspicious/noExplicitAny: whatever the aggregate, only its input has to fit
type AnyAggregate = AggregateType<any, any, any, any>
type InputOf<A> = A extends AggregateType<infer _S, infer Input, infer _E, infer _R> ? Input : never

/**
 * A handler that puts its message, as an input of this type, to the aggregate that the message names: by default the one
 * of the order that it belongs to.
 */
export const on = <T extends OfOrder, A extends AnyAggregate>(
  to: A,
  type: InputOf<A>['type'],
  idOf: (data: DataOf<T>) => string = ({ orderId }) => orderId,
): Handler<T> => ({
  announce: ({ data }, uow) => announceAggregate(uow, to, idOf(data as DataOf<T>)),
  handle: async ({ data }, { uow, consequences }) =>
    refusalIn(await handle(uow, consequences, { to, id: idOf(data as DataOf<T>), input: { type, data } })),
})

/**
 * The same for a choreographed order, whose participants are not told what to do: a fact is put to the aggregate as the
 * input that it means here, or not at all. All other orders' facts are passed over.
 */
export const react = <T extends OfOrder, A extends AnyAggregate>(
  to: A,
  inputFor: (data: DataOf<T>, context: MessageContext) => InputOf<A> | undefined | Promise<InputOf<A> | undefined>,
): Handler<T> => ({
  only: 'choreographed',
  announce: ({ data }, uow) => announceAggregate(uow, to, data.orderId),
  handle: async (message, context) => {
    const { uow, consequences } = context
    const data = message.data as DataOf<T> & { orderId: string }
    const input = await inputFor(data, context)
    return input && refusalIn(await handle(uow, consequences, { to, id: data.orderId, input }))
  },
})

/** How the outcomes of an aggregate's calls come back to it. */
export const outcomesFor = <A extends AnyAggregate, Kinds extends EffectKinds>(
  to: A,
  source: string,
  inputOf: (call: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>) => InputOf<A>,
) => ({
  announce: (uow: UnitOfWork, { key }: AnyEffect<Kinds>): void => announceAggregate(uow, to, key),
  apply: async (uow: UnitOfWork, call: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>): Promise<Refusal | undefined> => {
    const { key, cause } = call
    // Ids follow from the call; what is said to have caused it is what had asked for the call.
    const consequences = new Consequences(outcomeCause(call), source, uow.now)
    return refusalIn(
      await handle(uow, consequences, { to, id: key, input: inputOf(call, outcome), causationId: cause.id }),
    )
  },
})

const refusalIn = (decision: readonly unknown[] | Refusal): Refusal | undefined =>
  isRefusal(decision) ? decision : undefined
