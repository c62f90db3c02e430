import type { DataOf, Failure } from '#libs/contracts'
import { type Decider, type Refusal, refuse, unreachable } from '#libs/decider'
import {
  type BookingAnswer,
  bookingEnded,
  type CancellationAnswer,
  type CarrierAnswer,
  cancellationEnded,
} from './carrier-answer.ts'
import { evolve, type Inspection, type ReturnEvent, type ReturnParcel } from './return-parcel.ts'
import type { Parcel } from './shipment.ts'
import { returnVersions } from './versions.ts'

/** What the carrier tells of a return's parcel, asked or not. */
export const returnReports = ['booked', 'cancelled', 'dispatched', 'delivered', 'lost'] as const
export type ReturnReport = (typeof returnReports)[number]
export type InspectionAnswer = CarrierAnswer<Inspection>

export type ReturnInput =
  | { readonly type: 'issueLabel'; readonly data: DataOf<'return.issue-label'> }
  | { readonly type: 'cancel'; readonly data: DataOf<'return.cancel'> }
  /** Nothing was heard of the parcel for long. */
  | { readonly type: 'track'; readonly data: DataOf<'return.track'> }
  | { readonly type: 'inspect'; readonly data: DataOf<'return.inspect'> }
  | { readonly type: 'label_answered'; readonly answer: BookingAnswer }
  | { readonly type: 'cancellation_answered'; readonly answer: CancellationAnswer }
  | { readonly type: 'tracking_answered'; readonly answer: CarrierAnswer<{ readonly status: ReturnReport }> }
  | { readonly type: 'inspection_answered'; readonly answer: InspectionAnswer }
  /** The carrier reports by itself; it may repeat itself, and reports may overtake each other. */
  | { readonly type: 'reported'; readonly report: ReturnReport; readonly parcel: Parcel }

export type ReturnRefusal = 'unexpected_answer' | 'unknown_return' | 'not_under_way' | 'not_received'

type Decision = readonly ReturnEvent[] | Refusal<ReturnRefusal>

const again: readonly ReturnEvent[] = [{ type: 'AnswerRepeated', data: {} }]

export const decide = (state: ReturnParcel, input: ReturnInput): Decision => {
  switch (input.type) {
    case 'issueLabel':
      return issueLabel(state, input.data)
    case 'cancel':
      return state.status === 'none' ? [cancelled(input.data)] : cancel(state)
    case 'track':
      return track(state)
    case 'inspect':
      return inspect(state)
    case 'label_answered':
      return labelAnswered(state, input.answer)
    case 'cancellation_answered':
      return cancellationAnswered(state, input.answer)
    case 'tracking_answered':
      return 'parcel' in state && state.parcel !== undefined && input.answer.outcome === 'done'
        ? reported(state, input.answer.status, state.parcel)
        : []
    case 'inspection_answered':
      return inspectionAnswered(state, input.answer)
    case 'reported':
      return reported(state, input.report, input.parcel)
    default:
      return unreachable(input)
  }
}

const issueLabel = (state: ReturnParcel, data: DataOf<'return.issue-label'>): Decision => {
  switch (state.status) {
    case 'none':
    case 'label_unknown':
      return [{ type: 'LabelRequested', data }]
    case 'labelling':
    case 'cancelling':
    case 'inspecting':
      return []
    default:
      return again
  }
}

type Known = Exclude<ReturnParcel, { status: 'none' }>

const cancel = (state: Known): readonly ReturnEvent[] => {
  switch (state.status) {
    case 'labelling':
      return state.cancel ? [] : [{ type: 'CancellationRemembered', data: {} }]
    case 'labelled':
      return [{ type: 'CancellationRequested', data: {} }]
    case 'label_unknown':
      return askAgainThenCancel(state)
    case 'cancellation_unknown':
      return state.parcel === undefined ? askAgainThenCancel(state) : [{ type: 'CancellationRequested', data: {} }]
    case 'cancelling':
      return []
    case 'impossible':
      return [cancelled(state)]
    case 'cancelled':
      return again
    case 'lost':
    case 'received':
    case 'inspecting':
    case 'inspection_unknown':
    case 'inspected':
      return [{ type: 'CancellationRefused', data: {} }]
    default:
      return unreachable(state)
  }
}

/** Whether there is a label, and which, is what the carrier says when it is asked for the same once more. */
const askAgainThenCancel = (state: DataOf<'return.issue-label'>): readonly ReturnEvent[] => {
  const { orderId, customerId, returnId, address, lines } = state
  return [
    { type: 'LabelRequested', data: { orderId, customerId, returnId, address, lines } },
    { type: 'CancellationRemembered', data: {} },
  ]
}

const cancelled = ({ orderId, customerId, returnId }: DataOf<'return.cancel'>): ReturnEvent => ({
  type: 'Cancelled',
  data: { orderId, customerId, returnId },
})

/** What is settled is said again; while a call is under way its answer says more than this one would. */
const track = (state: ReturnParcel): Decision => {
  switch (state.status) {
    case 'none':
      return refuse('unknown_return')
    case 'labelled':
      return [{ type: 'TrackingRequested', data: {} }]
    case 'cancellation_unknown':
      return state.parcel === undefined ? [] : [{ type: 'TrackingRequested', data: {} }]
    case 'labelling':
    case 'label_unknown':
    case 'cancelling':
    case 'inspecting':
    case 'inspection_unknown':
      return []
    default:
      return again
  }
}

const inspect = (state: ReturnParcel): Decision => {
  switch (state.status) {
    case 'received':
    case 'inspection_unknown':
      return [{ type: 'InspectionRequested', data: {} }]
    case 'inspecting':
      return []
    case 'inspected':
      return again
    default:
      return refuse('not_received', `the return is ${state.status}`)
  }
}

const labelAnswered = (state: ReturnParcel, answer: BookingAnswer): Decision => {
  if (reportedBefore.has(state.status)) return []
  if (state.status !== 'labelling') return refuse('unexpected_answer', `the return is ${state.status}`)
  const calledOff = (outcome: ReturnEvent) => cancel(evolve(state, outcome) as Known)
  return bookingEnded(answer, labelMeans, state.cancel ? calledOff : undefined)
}

/** Where the carrier's own report leads to, and what follows: it was faster than the answer to the label. */
const reportedBefore: ReadonlySet<ReturnParcel['status']> = new Set([
  ...(['received', 'lost', 'inspecting', 'inspection_unknown', 'inspected'] as const),
])

const labelMeans = {
  done: ({ parcel }: { readonly parcel: Parcel }): ReturnEvent => ({ type: 'LabelIssued', data: parcel }),
  refused: (code: string): ReturnEvent => ({ type: 'LabelRefused', data: { code } }),
  failed: (reason: Failure): ReturnEvent => ({ type: 'LabelFailed', data: { reason } }),
}

const cancellationAnswered = (state: ReturnParcel, answer: CancellationAnswer): Decision => {
  // What the carrier reported meanwhile has refused it already.
  if (state.status !== 'cancelling')
    return 'returnId' in state ? [] : refuse('unexpected_answer', `the return is ${state.status}`)
  return [cancellationEnded(answer, cancelled(state))]
}

const inspectionAnswered = (state: ReturnParcel, answer: InspectionAnswer): Decision => {
  if (state.status !== 'inspecting') return refuse('unexpected_answer', `the return is ${state.status}`)
  if (answer.outcome !== 'done')
    return [{ type: 'InspectionFailed', data: { reason: answer.outcome === 'failed' ? answer.reason : 'error' } }]
  const { accepted, refused } = answer
  return [{ type: 'Inspected', data: { accepted, refused } }]
}

/** A report says all that must have gone before: what has arrived had a label, and was not called off in time. */
const reported = (state: ReturnParcel, report: ReturnReport, parcel: Parcel): Decision => {
  // That the customer has handed it over changes nothing here.
  if (report !== 'delivered' && report !== 'lost') return state.status === 'none' ? refuse('unknown_return') : []
  const end: ReturnEvent = report === 'lost' ? { type: 'Lost', data: {} } : { type: 'Received', data: parcel }
  const tooLate: ReturnEvent = { type: 'CancellationRefused', data: {} }
  switch (state.status) {
    case 'none':
      return refuse('unknown_return')
    case 'labelling':
      return [...(state.cancel ? [tooLate] : []), { type: 'LabelIssued', data: parcel }, end]
    case 'label_unknown':
      return [{ type: 'LabelIssued', data: parcel }, end]
    case 'labelled':
      return [end]
    case 'cancelling':
    case 'cancellation_unknown':
      return [{ type: 'LabelIssued', data: parcel }, tooLate, end]
    case 'received':
    case 'inspecting':
    case 'inspection_unknown':
    case 'inspected':
    case 'lost':
      return []
    case 'impossible':
    case 'cancelled':
      return refuse('not_under_way', `reported as ${report}, while the return is ${state.status}`)
    default:
      return unreachable(state)
  }
}

export const returnDecider: Decider<ReturnParcel, ReturnInput, ReturnEvent, ReturnRefusal> = {
  initial: { status: 'none' },
  decide,
  evolve,
  upcast: returnVersions,
}
