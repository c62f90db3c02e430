import type { Rendered } from '../templates/render.ts'

/** What is to be sent, and under which key: every try passes on the same. */
export interface Dispatch {
  readonly id: string
  readonly to: string
  readonly content: Rendered
  /** For those who look after the mails of an order. */
  readonly about: {
    readonly kind: string
    readonly orderId: string
    readonly causationId: string
    readonly correlationId: string
  }
}

/**
 * What a provider said on purpose.
 * - `taken`: it is on its way.
 * - `throttled`: not before so many milliseconds.
 * - `unreachable`: nobody is there, and nobody will be: by this channel the customer cannot be reached.
 * - `refused`: this message, for good.
 */
export type ProviderAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  | { readonly kind: 'unreachable' | 'refused'; readonly reason: string }

export interface Provider {
  /** Rejects when it gave no usable answer: then it is not known whether the message was taken, and it is sent again. */
  send(dispatch: Dispatch, signal: AbortSignal): Promise<ProviderAnswer>
  close(): unknown
}

/** For one call, milliseconds. */
export const CALL_TIMEOUT_MS = 10_000
