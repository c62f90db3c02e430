import type { AnyEffect, AnyOutcome, EffectDefinition, RetryPolicy } from '#libs/effects'
import { outcomesFor } from '#libs/service'
import type { Carrier } from './carrier.ts'
import type { BookingAnswer, CancellationAnswer, ShipmentInput, TrackingAnswer } from './domain/decide.ts'
import type { CarrierCalls, Operation } from './domain/reaction.ts'
import { shipments } from './shipment-aggregate.ts'

type Kinds = {
  book: { payload: CarrierCalls['book']; answer: BookingAnswer }
  cancel: { payload: CarrierCalls['cancel']; answer: CancellationAnswer }
  track: { payload: CarrierCalls['track']; answer: TrackingAnswer }
}

/** The saga will ask again. */
const FORWARD: RetryPolicy = { timeoutMs: 2_000, maxAttempts: 3, backoff: { firstMs: 300, factor: 8 / 3, maxMs: 800 } }

const policies: Record<Operation, RetryPolicy> = {
  book: FORWARD,
  track: FORWARD,
  /** Undoing must succeed in the end, and nobody waits for it. */
  cancel: { timeoutMs: 2_000, maxAttempts: 8, backoff: { firstMs: 300, factor: 2, maxMs: 5_000 } },
}

/** Calls the carrier for every decision that asks for it, and feeds what it answers back into the shipment. */
export const carrierCalls = (carrier: Carrier, concurrency: number): EffectDefinition<Kinds> => ({
  concurrency,
  perform: {
    book: ({ payload }, signal) => carrier.book(payload, signal),
    cancel: ({ payload }, signal) => carrier.cancel(payload, signal),
    track: ({ payload }, signal) => carrier.track(payload, signal),
  },
  retry: (operation) => policies[operation],
  ...outcomesFor(shipments, '/waybill/fulfillment', answered),
})

const answered = ({ kind }: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>): ShipmentInput => {
  const answer = outcome.status === 'answered' ? outcome.value : { outcome: 'failed', reason: outcome.reason }
  return { type: inputTypes[kind], answer } as ShipmentInput
}

const inputTypes = {
  book: 'booking_answered',
  cancel: 'cancellation_answered',
  track: 'tracking_answered',
} as const satisfies Record<Operation, ShipmentInput['type']>
