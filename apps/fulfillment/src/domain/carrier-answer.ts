import type { Failure } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import type { Parcel } from './shipment.ts'

/** How a call to the carrier ended. */
export type CarrierAnswer<Done> =
  | ({ readonly outcome: 'done' } & Done)
  /** The carrier said no on purpose. */
  | { readonly outcome: 'refused'; readonly code: string }
  /** No usable answer: it may have taken place or not. */
  | { readonly outcome: 'failed'; readonly reason: Failure }

/** To a booking, and to a label for a return: the carrier's names for the parcel. */
export type BookingAnswer = CarrierAnswer<{ readonly parcel: Parcel }>
export type CancellationAnswer = CarrierAnswer<unknown>

type CancellationRefused = { readonly type: 'CancellationRefused'; readonly data: Record<never, never> }
type CancellationFailed = { readonly type: 'CancellationFailed'; readonly data: { readonly reason: Failure } }

/** What the end of a call means for the parcel that it was about. */
interface Meaning<Done, Event> {
  done(answer: Done): Event
  refused(code: string): Event
  failed(reason: Failure): Event
}

const meaning = <Done, Event>(answer: CarrierAnswer<Done>, { done, refused, failed }: Meaning<Done, Event>): Event => {
  switch (answer.outcome) {
    case 'done':
      return done(answer)
    case 'refused':
      return refused(answer.code)
    case 'failed':
      return failed(answer.reason)
    default:
      return unreachable(answer)
  }
}

/**
 * A booking has ended, which somebody may want cancelled meanwhile: then `cancel` says what follows from that, given what
 * the booking came to.
 */
export const bookingEnded = <Event>(
  answer: BookingAnswer,
  means: Meaning<{ readonly parcel: Parcel }, Event>,
  cancel: ((outcome: Event) => readonly Event[]) | undefined,
): readonly (Event | CancellationFailed)[] => {
  const outcome = meaning(answer, means)
  if (cancel === undefined) return [outcome]
  // As long as the carrier does not answer, whoever wants it cancelled has to ask again.
  if (answer.outcome === 'failed') return [outcome, { type: 'CancellationFailed', data: { reason: answer.reason } }]
  return [outcome, ...cancel(outcome)]
}

/** A cancellation has ended; `cancelled` where it took place. */
export const cancellationEnded = <Event>(
  answer: CancellationAnswer,
  cancelled: Event,
): Event | CancellationRefused | CancellationFailed =>
  meaning<unknown, Event | CancellationRefused | CancellationFailed>(answer, {
    done: () => cancelled,
    refused: () => ({ type: 'CancellationRefused', data: {} }),
    failed: (reason) => ({ type: 'CancellationFailed', data: { reason } }),
  })
