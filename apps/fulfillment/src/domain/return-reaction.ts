import type { PersonalAddress, StockLine } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import type { Fact } from './reaction.ts'
import type { ReturnEvent, ReturnParcel } from './return-parcel.ts'

interface OfParcel {
  readonly returnId: string
  readonly shipmentId: string
}

/** What the carrier is asked about returns. */
export interface ReturnCalls {
  'return-label': {
    readonly orderId: string
    readonly returnId: string
    readonly address: PersonalAddress
    readonly lines: readonly StockLine[]
  }
  'return-cancel': OfParcel
  'return-track': OfParcel
  'return-inspect': OfParcel
}
export type ReturnOperation = keyof ReturnCalls
type ReturnCall = { [O in ReturnOperation]: { readonly kind: O; readonly payload: ReturnCalls[O] } }[ReturnOperation]

/** What has to follow an event outside of the return itself: `state` is the one after the event. */
export const returnReaction = (
  event: ReturnEvent,
  state: ReturnParcel,
): { readonly call: ReturnCall } | { readonly fact: Fact } | undefined => {
  if (state.status === 'none' || event.type === 'CancellationRemembered') return undefined
  const { orderId, customerId, returnId } = state
  const about = { orderId, customerId, returnId }
  if (event.type === 'CancellationRefused') return { fact: { type: 'return.cancellation-refused', data: about } }
  const call = <O extends Exclude<ReturnOperation, 'return-label'>>(kind: O) => {
    const parcel = 'parcel' in state ? state.parcel : undefined
    return parcel && { call: { kind, payload: { returnId, shipmentId: parcel.shipmentId } } as ReturnCall }
  }
  if (event.type === 'TrackingRequested') return call('return-track')
  switch (state.status) {
    case 'labelling':
      return {
        call: { kind: 'return-label', payload: { orderId, returnId, address: state.address, lines: state.lines } },
      }
    case 'cancelling':
      return call('return-cancel')
    case 'inspecting':
      return call('return-inspect')
    case 'label_unknown':
      return { fact: { type: 'return.failed', data: { ...about, operation: 'label', reason: state.reason } } }
    case 'cancellation_unknown':
      return { fact: { type: 'return.failed', data: { ...about, operation: 'cancel', reason: state.reason } } }
    case 'inspection_unknown':
      return { fact: { type: 'return.failed', data: { ...about, operation: 'inspect', reason: state.reason } } }
    case 'impossible':
      return { fact: { type: 'return.impossible', data: { ...about, code: state.code } } }
    case 'labelled':
      return { fact: { type: 'return.label-issued', data: { ...about, ...state.parcel } } }
    case 'cancelled':
      return { fact: { type: 'return.cancelled', data: about } }
    case 'lost':
      return { fact: { type: 'return.lost', data: about } }
    case 'received':
      return { fact: { type: 'return.received', data: about } }
    case 'inspected': {
      const { accepted, refused } = state
      return { fact: { type: 'return.inspected', data: { ...about, accepted: [...accepted], refused: [...refused] } } }
    }
    default:
      return unreachable(state)
  }
}
