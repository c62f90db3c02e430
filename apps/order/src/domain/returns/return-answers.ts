import type { DataOf, MessageType } from '#libs/contracts'
import { unreachable } from '#libs/decider'
import { isOpen, type Moment, succeed, trackAt, tryAgain } from '#libs/saga-steps'
import type { ReturnHandling, ReturnSagaEvent } from './return-state.ts'
import { type ReturnStep, returnPolicy } from './return-steps.ts'

/** What the participants tell about a return. */
export const returnFactTypes = [
  'return.label-issued',
  'return.impossible',
  'return.received',
  'return.lost',
  'return.inspected',
  'return.cancelled',
  'return.cancellation-refused',
  'return.failed',
  'stock.returned',
  'payment.return-refunded',
  'payment.return-refund-failed',
] as const satisfies MessageType[]
type ReturnFactType = (typeof returnFactTypes)[number]
export type ReturnFact = { [T in ReturnFactType]: { readonly type: T; readonly data: DataOf<T> } }[ReturnFactType]

/** What a fact tells about the steps: the first answer settles one, and whatever comes later tells nothing new. */
export const answerReturn = (state: ReturnHandling, fact: ReturnFact, at: string): ReturnSagaEvent[] => {
  switch (fact.type) {
    case 'return.label-issued':
      return isOpen(state.steps['fetch-parcel']) && state.trackingNumber === undefined
        ? [
            {
              type: 'LabelIssued',
              data: {
                trackingNumber: fact.data.trackingNumber,
                trackAt: trackAt(state.request!.returnId, 0, at),
              },
            },
          ]
        : []
    case 'return.impossible':
      return fail(state, 'fetch-parcel', fact.type, fact.data.code)
    case 'return.received':
      return [...givenUp(state), ...succeed(state, 'fetch-parcel', fact.type)]
    case 'return.lost':
      return isOpen(state.steps['fetch-parcel'])
        ? [
            ...givenUp(state),
            ...fail(state, 'fetch-parcel', fact.type, 'the carrier lost the parcel'),
            { type: 'ParcelLost', data: {} },
          ]
        : []
    case 'return.inspected':
      return isOpen(state.steps['inspect-parcel'])
        ? [
            ...succeed(state, 'inspect-parcel', fact.type),
            { type: 'ParcelInspected', data: { accepted: fact.data.accepted, refused: fact.data.refused } },
          ]
        : []
    case 'return.cancelled':
      return succeed(state, 'cancel-label', fact.type)
    case 'return.cancellation-refused': {
      const refused = fail(state, 'cancel-label', fact.type, 'the parcel is on its way')
      return refused.length > 0 && state.undoing ? [...refused, { type: 'UndoGivenUp', data: {} }] : refused
    }
    case 'return.failed':
      return failed(state, stepOf[fact.data.operation], fact.data.reason, at)
    case 'stock.returned':
      return succeed(state, 'restock-goods', fact.type)
    case 'payment.return-refunded':
      return succeed(state, 'refund-return', fact.type, fact.data.amount.amount)
    case 'payment.return-refund-failed':
      return failed(state, 'refund-return', fact.data.reason, at)
    default:
      return unreachable(fact)
  }
}

const stepOf: Record<DataOf<'return.failed'>['operation'], ReturnStep> = {
  label: 'fetch-parcel',
  cancel: 'cancel-label',
  inspect: 'inspect-parcel',
}

/** The parcel came although it was being called off: that came too late. */
const givenUp = ({ undoing, steps }: ReturnHandling): ReturnSagaEvent[] =>
  undoing && isOpen(steps['fetch-parcel']) ? [{ type: 'UndoGivenUp', data: {} }] : []

const fail = (state: ReturnHandling, step: ReturnStep, answer: string, error: string): ReturnSagaEvent[] =>
  isOpen(state.steps[step]) ? [{ type: 'StepFailed', data: { step, answer, error } }] : []

const failed = (state: ReturnHandling, step: ReturnStep, error: string, at: string): ReturnSagaEvent[] =>
  tryAgain(state, { step, error }, momentOf(state, at), returnPolicy[step], (error) => stuck(step, error))

export const stuck = (step: ReturnStep, error: string): ReturnSagaEvent[] => [
  { type: 'StepStuck', data: { step, error } },
]

export const momentOf = ({ request }: ReturnHandling, at: string): Moment => ({ about: request!.returnId, at })
