import type { Failure } from '#libs/contracts'

/** How hard one kind of call is tried. */
export interface RetryPolicy {
  /** For one call, milliseconds. */
  readonly timeoutMs: number
  /** Calls in all; after the last one the outcome is `failed`. */
  readonly maxAttempts: number
  /** Before the second call; grows by `factor` up to `maxMs`, each varied by ± 20 % so that callers spread out. */
  readonly backoff: { readonly firstMs: number; readonly factor: number; readonly maxMs: number }
}

const JITTER = 0.2

/** How long to wait after `attempts` failed calls, milliseconds. `random` in [0, 1). */
export const backoffMs = (
  { firstMs, factor, maxMs }: RetryPolicy['backoff'],
  attempts: number,
  random: number,
): number => Math.min(firstMs * factor ** (attempts - 1), maxMs) * (1 + JITTER * (2 * random - 1))

/** No answer within the time that one call may take. */
export class CallTimeout extends Error {
  override readonly name = 'CallTimeout'
}

/** Why a call got no usable answer, in the words of the contract. */
export const failureOf = (error: unknown): Failure => (error instanceof CallTimeout ? 'timeout' : 'error')

/**
 * Ends with the call, or by `CallTimeout` even when the call ignores its signal. `abort` ends it early. The timer does
 * not outlive the call, so ten thousand calls don't leave ten thousand timers behind.
 */
export const withTimeout = async <T>(
  timeoutMs: number,
  abort: AbortController,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const aborted = Promise.withResolvers<never>()
  abort.signal.addEventListener('abort', () => aborted.reject(abort.signal.reason), { once: true })
  const timer = setTimeout(() => abort.abort(new CallTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([call(abort.signal), aborted.promise])
  } finally {
    clearTimeout(timer)
  }
}
