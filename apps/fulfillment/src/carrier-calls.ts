import type { Address, PersonalAddress } from '#libs/contracts'
import {
  type AnyEffect,
  type AnyOutcome,
  callTrace,
  type Effect,
  type EffectDefinition,
  type RetryPolicy,
} from '#libs/effects'
import type { PersonalData } from '#libs/personal-data'
import { outcomesFor } from '#libs/service'
import type { CallContext, Carrier } from './carrier.ts'
import type { BookingAnswer, CancellationAnswer, CarrierAnswer } from './domain/carrier-answer.ts'
import type { ShipmentInput, TrackingAnswer } from './domain/decide.ts'
import type { InspectionAnswer, ReturnInput, ReturnReport } from './domain/decide-return.ts'
import type { CarrierCalls, Operation } from './domain/reaction.ts'
import type { ReturnCalls, ReturnOperation } from './domain/return-reaction.ts'
import { returns } from './return-aggregate.ts'
import { shipments } from './shipment-aggregate.ts'

type Kinds = {
  book: { payload: CarrierCalls['book']; answer: BookingAnswer }
  cancel: { payload: CarrierCalls['cancel']; answer: CancellationAnswer }
  track: { payload: CarrierCalls['track']; answer: TrackingAnswer }
  'return-label': { payload: ReturnCalls['return-label']; answer: BookingAnswer }
  'return-cancel': { payload: ReturnCalls['return-cancel']; answer: CancellationAnswer }
  'return-track': { payload: ReturnCalls['return-track']; answer: CarrierAnswer<{ readonly status: ReturnReport }> }
  'return-inspect': { payload: ReturnCalls['return-inspect']; answer: InspectionAnswer }
}

/** The saga will ask again. */
const FORWARD: RetryPolicy = { timeoutMs: 2_000, maxAttempts: 3, backoff: { firstMs: 300, factor: 8 / 3, maxMs: 800 } }

/** Undoing must succeed in the end, and nobody waits for it. */
const UNDOING: RetryPolicy = { timeoutMs: 2_000, maxAttempts: 8, backoff: { firstMs: 300, factor: 2, maxMs: 5_000 } }

const policies: Record<keyof Kinds, RetryPolicy> = {
  book: FORWARD,
  track: FORWARD,
  cancel: UNDOING,
  'return-label': FORWARD,
  'return-track': FORWARD,
  'return-inspect': FORWARD,
  'return-cancel': UNDOING,
}

/** Calls the carrier for every decision that asks for it, and feeds what it answers back into the shipment. */
export const carrierCalls = (
  carrier: Carrier,
  personal: PersonalData,
  concurrency: number,
): EffectDefinition<Kinds> => ({
  concurrency,
  perform: {
    book: withAddress(personal, (payload, context) => carrier.book(payload, context)),
    cancel: (call, signal) => carrier.cancel(call.payload, contextOf(call, signal)),
    track: (call, signal) => carrier.track(call.payload, contextOf(call, signal)),
    'return-label': withAddress(personal, (payload, context) => carrier.issueLabel(payload, context)),
    'return-cancel': (call, signal) => carrier.cancelReturn(call.payload, contextOf(call, signal)),
    'return-track': (call, signal) => carrier.trackReturn(call.payload, contextOf(call, signal)),
    'return-inspect': (call, signal) => carrier.inspect(call.payload, contextOf(call, signal)),
  },
  retry: (operation) => policies[operation],
  announce: (uow, call) => outcomesOf(call).announce(uow, call),
  apply: (uow, call, outcome) => outcomesOf(call).apply(uow, call, outcome),
})

const contextOf = (effect: Effect, signal: AbortSignal): CallContext => ({ signal, traceparent: callTrace(effect) })

/** The carrier is told where to; when that was erased meanwhile, nobody can be. */
const withAddress =
  <Payload extends { readonly address: PersonalAddress }>(
    personal: PersonalData,
    call: (payload: Payload & { readonly address: Address }, context: CallContext) => Promise<BookingAnswer>,
  ) =>
  async (effect: Effect<string, Payload>, signal: AbortSignal): Promise<BookingAnswer> => {
    const { payload } = effect
    const address = await personal.openObject<Address>(payload.address)
    return address === undefined
      ? { outcome: 'refused', code: 'recipient_erased' }
      : call({ ...payload, address }, contextOf(effect, signal))
  }

const SOURCE = '/waybill/fulfillment'

const inputTypes = {
  book: 'booking_answered',
  cancel: 'cancellation_answered',
  track: 'tracking_answered',
} as const satisfies Record<Operation, ShipmentInput['type']>

const returnInputTypes = {
  'return-label': 'label_answered',
  'return-cancel': 'cancellation_answered',
  'return-track': 'tracking_answered',
  'return-inspect': 'inspection_answered',
} as const satisfies Record<ReturnOperation, ReturnInput['type']>

const answerIn = (outcome: AnyOutcome<Kinds>) =>
  outcome.status === 'answered' ? outcome.value : { outcome: 'failed', reason: outcome.reason }

const shipmentOutcomes = outcomesFor<typeof shipments, Kinds>(
  shipments,
  SOURCE,
  ({ kind }, outcome) => ({ type: inputTypes[kind as Operation], answer: answerIn(outcome) }) as ShipmentInput,
)
const returnOutcomes = outcomesFor<typeof returns, Kinds>(
  returns,
  SOURCE,
  ({ kind }, outcome) =>
    ({ type: returnInputTypes[kind as ReturnOperation], answer: answerIn(outcome) }) as ReturnInput,
)

/** The key of a call is the id of whoever asked for it. */
const outcomesOf = ({ kind }: AnyEffect<Kinds>) => (kind in returnInputTypes ? returnOutcomes : shipmentOutcomes)
