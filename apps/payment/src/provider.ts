import { Pool } from 'undici'
import { uuidFrom } from '#libs/contracts'
import { exchange, jsonOf } from '#libs/http'
import { isSealed, UnsealError, type Unsealer } from '#libs/sealing'
import type { Credentials } from '#libs/service-tokens'
import type { Answer, Operation } from './domain/decide.ts'
import type { ProviderCalls } from './domain/reaction.ts'

const PATHS: Record<Operation, string> = {
  authorize: '/payment/authorizations',
  capture: '/payment/captures',
  void: '/payment/voids',
  refund: '/payment/refunds',
  'refund-return': '/payment/refunds',
}

/** What the provider says when it did what it was asked for. */
interface Done {
  authorize: { authorizationId: string }
  capture: { captureId: string }
  void: { released: boolean }
  refund: { refundId: string }
  'refund-return': { refundId: string }
}
export type AnswerTo<O extends Operation> = Answer<Done[O]>

/** Its body is not what the provider promises, or its status says that nothing definite was decided. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
}

/**
 * The payment provider's API over kept-alive connections.
 *
 * The idempotency key names the order and the operation, not the attempt: each operation happens at most once per
 * order (a refund for a return once per return), and whoever asks again because an answer was lost, days later even, gets the first answer with the provider's
 * reference in it, and not a second authorization.
 */
export class PaymentProvider {
  readonly #pool: Pool

  constructor(
    baseUrl: string,
    connections: number,
    private readonly tokens: Unsealer,
    private readonly credentials: Credentials = () => ({}),
  ) {
    this.#pool = new Pool(new URL(baseUrl).origin, { connections, pipelining: 1 })
  }

  async authorize(call: ProviderCalls['authorize'], signal: AbortSignal): Promise<AnswerTo<'authorize'>> {
    const { orderId, amount } = call
    const token = this.#tokenOf(call)
    if (token === undefined) return { outcome: 'refused', code: 'unreadable_token' }
    return this.#ask('authorize', { orderId, ...amount, token }, signal, (body) => ({
      authorizationId: text(body, 'authorizationId'),
    }))
  }

  capture(call: ProviderCalls['capture'], signal: AbortSignal): Promise<AnswerTo<'capture'>> {
    const { orderId, authorizationId, amount } = call
    return this.#ask('capture', { orderId, authorizationId, ...amount }, signal, (body) => ({
      captureId: text(body, 'captureId'),
    }))
  }

  void({ orderId }: ProviderCalls['void'], signal: AbortSignal): Promise<AnswerTo<'void'>> {
    return this.#ask('void', { orderId }, signal, (body) => ({ released: body.voided === true }))
  }

  refund({ orderId, captureId, amount }: ProviderCalls['refund'], signal: AbortSignal): Promise<AnswerTo<'refund'>> {
    return this.#ask('refund', { orderId, captureId, ...amount }, signal, (body) => ({
      refundId: text(body, 'refundId'),
    }))
  }

  refundReturn(
    { orderId, returnId, captureId, amount }: ProviderCalls['refund-return'],
    signal: AbortSignal,
  ): Promise<AnswerTo<'refund-return'>> {
    const done = (body: Record<string, unknown>) => ({ refundId: text(body, 'refundId') })
    return this.#ask('refund-return', { orderId, captureId, ...amount }, signal, done, returnId)
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  /**
   * In clear, here and nowhere else. Undefined for one that was damaged or belongs to another order, which no repetition
   * mends; a key that is missing may come back, so that is a fault. Orders of earlier versions have it in clear.
   */
  #tokenOf({ orderId, token }: ProviderCalls['authorize']): string | undefined {
    if (!isSealed(token)) return token
    try {
      return this.tokens.open(token, orderId)
    } catch (error) {
      if (error instanceof UnsealError && error.reason === 'damaged') return undefined
      throw error
    }
  }

  async #ask<O extends Operation>(
    operation: O,
    request: { readonly orderId: string; readonly [field: string]: unknown },
    signal: AbortSignal,
    done: (body: Record<string, unknown>) => Done[O],
    onceFor = request.orderId,
  ): Promise<AnswerTo<O>> {
    const target = { method: 'POST', path: PATHS[operation] } as const
    const { status, body } = await exchange(this.#pool, {
      ...target,
      headers: {
        ...this.credentials(target),
        'content-type': 'application/json',
        'idempotency-key': uuidFrom(`payment ${operation} ${onceFor}`),
      },
      body: JSON.stringify(request),
      signal,
    })
    return answerFrom(status, jsonOf(body), done)
  }
}

/**
 * The provider's considered "no", or a request that it will not understand any better the next time. Anything else but
 * a success (it is busy, away, does not know us) says nothing about the money and may be another one tomorrow.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 402, 409, 413, 415, 422])
/** Somebody used our key for another request; what became of that one is not known. */
const KEY_REUSED = 'idempotency_key_reused'

const answerFrom = <D>(
  status: number,
  body: Record<string, unknown>,
  done: (body: Record<string, unknown>) => D,
): Answer<D> => {
  if (status === 200 || status === 201) return { outcome: 'done', ...done(body) }
  if (REFUSALS.has(status) && body.code !== KEY_REUSED) return { outcome: 'refused', code: codeOf(status, body) }
  throw new ProviderError(`the provider answered ${status} ${String(body.code ?? body.detail ?? '')}`.trim())
}

/** A malformed request has no code of its own; then the status names it. */
const codeOf = (status: number, body: Record<string, unknown>): string =>
  typeof body.code === 'string' ? body.code : `refused_with_${status}`

const text = (body: Record<string, unknown>, field: string): string => {
  const value = body[field]
  if (typeof value !== 'string') throw new ProviderError(`the provider's answer has no ${field}`)
  return value
}
