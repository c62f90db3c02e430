export interface RetryPolicy {
  /** Failures after which a message is a dead letter; the first one counts. */
  readonly maxAttempts: number
  readonly firstDelayMs: number
  readonly longestDelayMs: number
}

/** About a minute from the first failure to the dead letter: longer than a restart of whatever was missing. */
export const defaultRetryPolicy: RetryPolicy = { maxAttempts: 8, firstDelayMs: 500, longestDelayMs: 30_000 }

/** When to try again after the `attempts`-th failure: exponential, ±20 % so that what failed together parts. */
export const retryDelayMs = (policy: RetryPolicy, attempts: number, random: () => number = Math.random): number =>
  Math.round(Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (attempts - 1)) * (0.8 + 0.4 * random()))
