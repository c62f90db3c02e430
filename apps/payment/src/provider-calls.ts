import type { AnyEffect, AnyOutcome, EffectDefinition, RetryPolicy } from '#libs/effects'
import { outcomesFor } from '#libs/service'
import type { Operation, PaymentInput, ProviderAnswer } from './domain/decide.ts'
import type { ProviderCalls } from './domain/reaction.ts'
import { payments } from './payment-aggregate.ts'
import type { AnswerTo, PaymentProvider } from './provider.ts'

type Kinds = { [O in Operation]: { payload: ProviderCalls[O]; answer: AnswerTo<O> } }

/** Somebody waits for it and the saga will ask again: 3 calls in at most 7.3 s. */
const FORWARD: RetryPolicy = { timeoutMs: 2_000, maxAttempts: 3, backoff: { firstMs: 300, factor: 8 / 3, maxMs: 800 } }
/** Undoing must succeed in the end, and nobody waits for it. */
const COMPENSATION: RetryPolicy = {
  timeoutMs: 2_000,
  maxAttempts: 8,
  backoff: { firstMs: 300, factor: 2, maxMs: 5_000 },
}

const policies: Record<Operation, RetryPolicy> = {
  authorize: FORWARD,
  capture: FORWARD,
  void: COMPENSATION,
  refund: COMPENSATION,
  'refund-return': COMPENSATION,
}

/** Calls the provider for every decision that asks for it, and feeds what it answers back into the payment. */
export const providerCalls = (provider: PaymentProvider, concurrency: number): EffectDefinition<Kinds> => ({
  concurrency,
  perform: {
    authorize: ({ payload }, signal) => provider.authorize(payload, signal),
    capture: ({ payload }, signal) => provider.capture(payload, signal),
    void: ({ payload }, signal) => provider.void(payload, signal),
    refund: ({ payload }, signal) => provider.refund(payload, signal),
    'refund-return': ({ payload }, signal) => provider.refundReturn(payload, signal),
  },
  retry: (operation) => policies[operation],
  ...outcomesFor(payments, '/waybill/payment', answered),
})

const answered = (call: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>): PaymentInput => {
  const answer = outcome.status === 'answered' ? outcome.value : { outcome: 'failed', reason: outcome.reason }
  const of = call.kind === 'refund-return' ? { returnId: call.payload.returnId } : {}
  return { type: 'answered', ...({ operation: call.kind, answer, ...of } as ProviderAnswer) }
}
