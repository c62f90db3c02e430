import { storableText } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { describeError } from '#libs/observability'
import type { IncomingRecord } from '../incoming-record.ts'
import type { ParkVerdict } from './parked-message.ts'
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts'

const MAX_ERROR_LENGTH = 2_000
const stackOf = (error: unknown): { stack?: string } =>
  error instanceof Error && error.stack !== undefined ? { stack: errorText(error.stack) } : {}
const errorText = (text: string): string => storableText(text, MAX_ERROR_LENGTH)

/** A record that says nothing we understand: dead, and since it has no meaning nobody needs to wait for it. */
export const unreadableVerdict = (content: IncomingRecord['content'] & { kind: 'unreadable' }): ParkVerdict => ({
  status: 'dead',
  reason: content.reason,
  error: errorText(content.detail),
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

/** A message that its handler refused: trying again would not change that, and nothing is built on it. */
export const refusalVerdict = ({ refused, detail }: Refusal, attempts = 1): ParkVerdict => ({
  status: 'dead',
  reason: 'unprocessable',
  error: errorText(detail === undefined ? refused : `${refused}: ${detail}`),
  attempts,
  nextAttemptAt: null,
  blocksKey: false,
})

/**
 * What becomes of a message whose handler failed for the `attempts`-th time. `hasKey`: whether others may have to wait
 * for it; they still do when it is dead, until a person decides, because they may build on it.
 */
export const failureVerdict = (
  error: unknown,
  { attempts, hasKey, policy, now }: { attempts: number; hasKey: boolean; policy: RetryPolicy; now: Date },
): ParkVerdict => {
  const told = { error: errorText(describeError(error)), ...stackOf(error), attempts }
  if (attempts >= policy.maxAttempts)
    return { ...told, status: 'dead', reason: 'handler_failed', nextAttemptAt: null, blocksKey: hasKey }
  const nextAttemptAt = new Date(now.getTime() + retryDelayMs(policy, attempts))
  return { ...told, status: 'retrying', reason: 'handler_failed', nextAttemptAt, blocksKey: hasKey }
}
