import type { DataOf, Failure, StockLine } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import type { Parcel } from './shipment.ts'

/** Whose return it is; every fact says so. */
export interface AboutReturn {
  readonly orderId: string
  readonly customerId: string
  readonly returnId: string
}
type Request = DataOf<'return.issue-label'>
type Labelled = Request & { readonly parcel: Parcel }
export interface Inspection {
  readonly accepted: readonly StockLine[]
  readonly refused: readonly StockLine[]
}

/**
 * The parcel of one return. While a call to the carrier is under way the status is a participle; after a call without a
 * usable answer it is `…_unknown`: what was asked for may or may not have taken place. The carrier also reports by
 * itself, and what it reports wins over any answer that comes later.
 */
export type ReturnParcel =
  | { readonly status: 'none' }
  | (Request & { readonly status: 'labelling' /** Asked for meanwhile. */; readonly cancel: boolean })
  | (Request & { readonly status: 'label_unknown'; readonly reason: Failure })
  | (AboutReturn & { readonly status: 'impossible'; readonly code: string })
  | (Labelled & { readonly status: 'labelled' })
  | (Labelled & { readonly status: 'cancelling' })
  /** Without a parcel when not even the answer to the label is known. */
  | (Request & { readonly status: 'cancellation_unknown'; readonly parcel?: Parcel; readonly reason: Failure })
  | (AboutReturn & { readonly status: 'cancelled' })
  | (AboutReturn & { readonly status: 'lost' })
  | (Labelled & { readonly status: 'received' })
  | (Labelled & { readonly status: 'inspecting' })
  | (Labelled & { readonly status: 'inspection_unknown'; readonly reason: Failure })
  | (Labelled & { readonly status: 'inspected' } & Inspection)

type Event<Type extends string, Data = Record<never, never>> = { readonly type: Type; readonly data: Data }

/** What happened to the parcel of a return, as its stream `return-<returnId>` keeps it. */
export type ReturnEvent =
  | Event<'LabelRequested', Request>
  | Event<'LabelIssued', Parcel>
  | Event<'LabelRefused', { code: string }>
  | Event<'LabelFailed', { reason: Failure }>
  /** Asked for while the carrier was busy with the label. */
  | Event<'CancellationRemembered'>
  | Event<'CancellationRequested'>
  | Event<'Cancelled', AboutReturn>
  | Event<'CancellationRefused'>
  | Event<'CancellationFailed', { reason: Failure }>
  /** The carrier is asked where the parcel is. */
  | Event<'TrackingRequested'>
  | Event<'Received', Parcel>
  | Event<'Lost'>
  | Event<'InspectionRequested'>
  | Event<'Inspected', Inspection>
  | Event<'InspectionFailed', { reason: Failure }>
  /** Somebody asked for what is already settled and hears again how it is. */
  | Event<'AnswerRepeated'>

export const evolve = (state: ReturnParcel, event: ReturnEvent): ReturnParcel => {
  switch (event.type) {
    case 'LabelRequested':
      return { status: 'labelling', ...event.data, cancel: false }
    case 'LabelIssued':
      return { ...requested(state), status: 'labelled', parcel: event.data }
    case 'LabelRefused':
      return { ...about(state), status: 'impossible', ...event.data }
    case 'LabelFailed':
      return { ...requested(state), status: 'label_unknown', ...event.data }
    case 'CancellationRemembered':
      return state.status === 'labelling' ? { ...state, cancel: true } : state
    case 'CancellationRequested':
      return { ...labelled(state), status: 'cancelling' }
    case 'Cancelled':
      return { status: 'cancelled', ...event.data }
    case 'CancellationRefused':
      // A parcel that has arrived meanwhile stays where it is.
      return state.status === 'cancelling' || state.status === 'cancellation_unknown'
        ? { ...labelled(state), status: 'labelled' }
        : state
    case 'CancellationFailed':
      return { ...requested(state), ...known(state), status: 'cancellation_unknown', ...event.data }
    case 'Received':
      return { ...requested(state), status: 'received', parcel: event.data }
    case 'Lost':
      return { ...about(state), status: 'lost' }
    case 'InspectionRequested':
      return { ...labelled(state), status: 'inspecting' }
    case 'Inspected':
      return { ...labelled(state), status: 'inspected', ...event.data }
    case 'InspectionFailed':
      return { ...labelled(state), status: 'inspection_unknown', ...event.data }
    case 'TrackingRequested':
    case 'AnswerRepeated':
      return state
    default:
      return unreachable(event)
  }
}

// What one state hands on to the next.

const requested = (state: ReturnParcel): Request => {
  if (!('address' in state)) throw new Error(`a return that is ${state.status} has no address`)
  const { orderId, customerId, returnId, address, lines } = state
  return { orderId, customerId, returnId, address, lines }
}

const about = (state: ReturnParcel): AboutReturn => {
  const { orderId, customerId, returnId } = requested(state)
  return { orderId, customerId, returnId }
}

const labelled = (state: ReturnParcel): Labelled => {
  const { parcel } = known(state)
  if (parcel === undefined) throw new Error(`a return that is ${state.status} has no parcel`)
  return { ...requested(state), parcel }
}

const known = (state: ReturnParcel): { parcel?: Parcel } =>
  'parcel' in state && state.parcel !== undefined ? { parcel: state.parcel } : {}
