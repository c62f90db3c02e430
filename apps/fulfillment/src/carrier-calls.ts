import { Consequences } from '#libs/contracts'
import type { Database, GroupCommit, UnitOfWork } from '#libs/database'
import { type AnyEffect, type AnyOutcome, EffectWorker, type RetryPolicy } from '#libs/effects'
import type { Carrier } from './carrier.ts'
import type { BookingAnswer, CancellationAnswer, ShipmentInput } from './domain/decide.ts'
import type { CarrierCalls, Operation } from './domain/reaction.ts'
import { announceShipment, handleShipment } from './shipments.ts'

type Kinds = {
  book: { payload: CarrierCalls['book']; answer: BookingAnswer }
  cancel: { payload: CarrierCalls['cancel']; answer: CancellationAnswer }
}

const policies: Record<Operation, RetryPolicy> = {
  /** Somebody waits for it and the saga will ask again. */
  book: { timeoutMs: 2_000, maxAttempts: 3, backoff: { firstMs: 300, factor: 8 / 3, maxMs: 800 } },
  /** Undoing must succeed in the end, and nobody waits for it. */
  cancel: { timeoutMs: 2_000, maxAttempts: 8, backoff: { firstMs: 300, factor: 2, maxMs: 5_000 } },
}

/** Calls the carrier for every decision that asks for it, and feeds what it answers back into the shipment. */
export const carrierCalls = (options: {
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly carrier: Carrier
  /** Calls at the same time. */
  readonly concurrency: number
}): EffectWorker<Kinds> => {
  const { carrier, ...rest } = options
  return new EffectWorker<Kinds>({
    ...rest,
    perform: {
      book: ({ payload }, signal) => carrier.book(payload, signal),
      cancel: ({ payload }, signal) => carrier.cancel(payload, signal),
    },
    retry: (operation) => policies[operation],
    announce: (uow, { key }) => announceShipment(uow, key),
    apply: recordAnswer,
  })
}

const recordAnswer = async (uow: UnitOfWork, call: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>): Promise<void> => {
  const { id, kind, key: orderId, cause } = call
  const answer =
    outcome.status === 'answered' ? outcome.value : ({ outcome: 'failed', reason: outcome.reason } as const)
  const consequences = new Consequences({ ...cause, id }, '/waybill/fulfillment', uow.now)
  const type = kind === 'book' ? 'booking_answered' : 'cancellation_answered'
  const origin = { consequences, causationId: cause.id }
  const refusal = await handleShipment(uow, orderId, { type, answer } as ShipmentInput, origin)
  if (refusal !== undefined) throw new Error(`${kind}: ${refusal.refused}, ${refusal.detail}`)
}
