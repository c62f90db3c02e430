/** How hard an endpoint is tried. */
export interface Patience {
  /** For one delivery, and for an endpoint that fails whatever it is sent. Milliseconds. */
  readonly giveUpMs: number
  /** Before the second attempt, doubled up to the longest. Milliseconds. */
  readonly firstRetryMs: number
  readonly longestRetryMs: number
}

/** What came of one attempt. */
export type Attempt =
  | { readonly result: 'delivered'; readonly status?: number }
  | {
      readonly result: 'failed'
      readonly error: string
      readonly status?: number
      /** The endpoint asked to be left alone for so long, milliseconds. */
      readonly retryAfterMs?: number
    }
  /** The mail that asks went out: its reader has until the question is given up to say yes. */
  | { readonly result: 'asked' }
  /** Nobody did. */
  | { readonly result: 'unanswered'; readonly error: string }
  /** The endpoint says that it is there no more. */
  | { readonly result: 'gone'; readonly error: string; readonly status: number }

/** After so many failures in a row an endpoint is tried with one delivery at a time, and waited for between two. */
export const SUSPICIOUS = 3

/** What follows for a delivery that has failed `attempts` times: another attempt in so many milliseconds, or its end. */
export const nextAttempt = (
  { firstRetryMs, longestRetryMs }: Patience,
  { attempts, retryAfterMs = 0, giveUpAt, now }: { attempts: number; retryAfterMs?: number; giveUpAt: Date; now: Date },
): { readonly inMs: number } | 'give up' => {
  if (now >= giveUpAt) return 'give up'
  const backoffMs = Math.min(firstRetryMs * 2 ** Math.min(attempts - 1, 30), longestRetryMs)
  const waitMs = Math.max(backoffMs, Math.min(retryAfterMs, longestRetryMs))
  // One more at the very end, so that an endpoint that comes back late is told all the same.
  return { inMs: Math.min(waitMs, giveUpAt.getTime() - now.getTime()) }
}

/**
 * Whether an endpoint that has failed since then, whatever it was sent, counts as dead: for as long as a delivery is tried,
 * or for half as long when one was given up, after which there may be nothing left to try it with.
 */
export const isDead = ({ giveUpMs }: Patience, failingSince: Date, now: Date, gaveUp: boolean): boolean =>
  now.getTime() - failingSince.getTime() >= (gaveUp ? giveUpMs / 2 : giveUpMs)
