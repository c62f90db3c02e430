import { Consequences } from '#libs/contracts'
import type { Database, GroupCommit, UnitOfWork } from '#libs/database'
import { type AnyEffect, type AnyOutcome, EffectWorker, type RetryPolicy } from '#libs/effects'
import type { Operation, ProviderAnswer } from './domain/decide.ts'
import type { ProviderCalls } from './domain/reaction.ts'
import { announcePayment, handlePayment } from './payments.ts'
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
}

/** Calls the provider for every decision that asks for it, and feeds what it answers back into the payment. */
export const providerCalls = (options: {
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly provider: PaymentProvider
  /** Calls at the same time. */
  readonly concurrency: number
}): EffectWorker<Kinds> => {
  const { provider, ...rest } = options
  return new EffectWorker<Kinds>({
    ...rest,
    perform: {
      authorize: ({ payload }, signal) => provider.authorize(payload, signal),
      capture: ({ payload }, signal) => provider.capture(payload, signal),
      void: ({ payload }, signal) => provider.void(payload, signal),
      refund: ({ payload }, signal) => provider.refund(payload, signal),
    },
    retry: (operation) => policies[operation],
    announce: (uow, { key }) => announcePayment(uow, key),
    apply: recordAnswer,
  })
}

const recordAnswer = (uow: UnitOfWork, call: AnyEffect<Kinds>, outcome: AnyOutcome<Kinds>): Promise<void> => {
  const { id, kind, key: orderId, cause } = call
  const answer = outcome.status === 'answered' ? outcome.value : { outcome: 'failed', reason: outcome.reason }
  const consequences = new Consequences({ ...cause, id }, '/waybill/payment', uow.now)
  const input = { type: 'answered', ...({ operation: kind, answer } as ProviderAnswer) } as const
  return handlePayment(uow, orderId, input, { consequences, causationId: cause.id })
}
