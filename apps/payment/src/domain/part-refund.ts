import type { DataOf } from '#libs/contracts'
import { refuse } from '#libs/decider'
import type { Answer, Decision } from './decide.ts'
import { type Payment, remaining } from './payment.ts'

/**
 * Gives back a part of what was captured, once per return. What was asked for is spent, whatever the provider has
 * answered so far: all refunds together are never more than was captured.
 */
export const refundReturn = (
  payment: Payment,
  { returnId, amount }: Pick<DataOf<'payment.refund-return'>, 'returnId' | 'amount'>,
): Decision => {
  const part = 'parts' in payment ? payment.parts?.[returnId] : undefined
  switch (part?.status) {
    case 'refunding':
      return []
    case 'refunded':
      return [{ type: 'PartAnswerRepeated', data: { returnId } }]
    case 'unknown':
      return [{ type: 'PartRefundRequested', data: { returnId, amount: part.amount } }]
    default:
  }
  if (payment.status !== 'captured') return refuse('nothing_to_refund', `the payment is ${payment.status}`)
  const left = remaining(payment)
  if (amount.currency !== left.currency || amount.amount > left.amount)
    return refuse('more_than_captured', `${left.amount} ${left.currency} are left, not ${amount.amount}`)
  return [{ type: 'PartRefundRequested', data: { returnId, amount } }]
}

export const partAnswered = (payment: Payment, returnId: string, answer: Answer<{ refundId: string }>): Decision => {
  const part = 'parts' in payment ? payment.parts?.[returnId] : undefined
  if (part?.status !== 'refunding') return refuse('unexpected_answer', `to the refund of the return ${returnId}`)
  if (answer.outcome === 'done') return [{ type: 'PartRefunded', data: { returnId, refundId: answer.refundId } }]
  const reason = answer.outcome === 'failed' ? answer.reason : 'error'
  return [{ type: 'PartRefundFailed', data: { returnId, reason } }]
}
