import type { DataOf, MessageTypeOn, Money, PersonalAddress, StockLine } from '#libs/contracts'
import { PERSISTENT, type StepPolicy } from '#libs/saga-steps'
import type { Inspection } from './order-returns.ts'

/** What the saga must know of a return. */
export interface ReturnToHandle {
  readonly returnId: string
  readonly orderId: string
  readonly customerId: string
  readonly address: PersonalAddress
  /** Each product once, with what the customer paid for a piece. */
  readonly items: readonly (StockLine & { readonly unitPrice: number })[]
  readonly currency: string
}

/** `fetch-parcel` lasts from the wish for a label until the parcel has arrived. */
export const returnForwardSteps = ['fetch-parcel', 'inspect-parcel', 'restock-goods', 'refund-return'] as const
export const returnSteps = [...returnForwardSteps, 'cancel-label'] as const
export type ReturnStep = (typeof returnSteps)[number]

export type ReturnCommand = {
  [T in MessageTypeOn<'payment-commands' | 'inventory-commands' | 'fulfillment-commands'>]: {
    readonly type: T
    readonly data: DataOf<T>
  }
}[MessageTypeOn<'payment-commands' | 'inventory-commands' | 'fulfillment-commands'>]

const about = ({ orderId, customerId, returnId }: ReturnToHandle) => ({ orderId, customerId, returnId })
const linesOf = ({ items }: ReturnToHandle): StockLine[] => items.map(({ sku, quantity }) => ({ sku, quantity }))

/** The command that asks a participant for a step. Asking again is safe: participants act once per return. */
export const commandForReturn: Record<
  ReturnStep,
  (request: ReturnToHandle, inspection: Inspection | undefined) => ReturnCommand
> = {
  'fetch-parcel': (request) => ({
    type: 'return.issue-label',
    data: { ...about(request), address: request.address, lines: linesOf(request) },
  }),
  'inspect-parcel': (request) => ({ type: 'return.inspect', data: about(request) }),
  'restock-goods': (request, inspection) => ({
    type: 'stock.return',
    data: { ...about(request), lines: [...inspection!.accepted] },
  }),
  'refund-return': (request, inspection) => ({
    type: 'payment.refund-return',
    data: { ...about(request), amount: worth(request, goneFor(request, inspection)) },
  }),
  'cancel-label': (request) => ({ type: 'return.cancel', data: about(request) }),
}

/** What the customer has given away: what was accepted, or everything when nothing arrived that could be inspected. */
export const goneFor = (request: ReturnToHandle, inspection: Inspection | undefined): readonly StockLine[] =>
  inspection?.accepted ?? linesOf(request)

export const worth = ({ items, currency }: ReturnToHandle, lines: readonly StockLine[]): Money => {
  const prices = new Map(items.map(({ sku, unitPrice }) => [sku, unitPrice]))
  return { amount: lines.reduce((sum, { sku, quantity }) => sum + prices.get(sku)! * quantity, 0), currency }
}

/** Asks where a parcel is that nothing was heard of. */
export const trackReturn = (request: ReturnToHandle): ReturnCommand => ({ type: 'return.track', data: about(request) })

/** Nothing is undone for want of patience: the goods are on their way, so in the end a human must look. */
export const returnPolicy: Record<ReturnStep, StepPolicy> = {
  'fetch-parcel': PERSISTENT,
  'inspect-parcel': PERSISTENT,
  'restock-goods': PERSISTENT,
  'refund-return': PERSISTENT,
  'cancel-label': PERSISTENT,
}
