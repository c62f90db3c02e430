import { describeError } from '#libs/observability'
import { Unprocessable } from '../errors.ts'
import type { IncomingRecord } from '../incoming-record.ts'
import type { ParkVerdict } from './parked-message.ts'
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts'

const MAX_ERROR_LENGTH = 2_000

/** A record that says nothing we understand: dead, and since it has no meaning nobody needs to wait for it. */
export const unreadableVerdict = (content: IncomingRecord['content'] & { kind: 'unreadable' }): ParkVerdict => ({
  status: 'dead',
  reason: content.reason,
  error: content.detail.slice(0, MAX_ERROR_LENGTH),
  attempts: 0,
  nextAttemptAt: null,
  blocksKey: false,
})

/** A message that was not tried, because an earlier one of its key is parked. */
export const behindVerdict: ParkVerdict = {
  status: 'queued',
  reason: 'behind_parked',
  error: null,
  attempts: 0,
  nextAttemptAt: null,
  blocksKey: true,
}

/**
 * What becomes of a message whose handler failed for the `attempts`-th time. `hasKey`: whether others may have to wait
 * for it; they still do when it is dead, until a person decides, because they may build on it.
 */
export const failureVerdict = (
  error: unknown,
  { attempts, hasKey, policy, now }: { attempts: number; hasKey: boolean; policy: RetryPolicy; now: Date },
): ParkVerdict => {
  const told = { error: describeError(error).slice(0, MAX_ERROR_LENGTH), attempts }
  if (error instanceof Unprocessable)
    return { ...told, status: 'dead', reason: 'unprocessable', nextAttemptAt: null, blocksKey: false }
  if (attempts >= policy.maxAttempts)
    return { ...told, status: 'dead', reason: 'handler_failed', nextAttemptAt: null, blocksKey: hasKey }
  const nextAttemptAt = new Date(now.getTime() + retryDelayMs(policy, attempts))
  return { ...told, status: 'retrying', reason: 'handler_failed', nextAttemptAt, blocksKey: hasKey }
}
