import type { ParkVerdict } from '../parking/parked-message.ts'
import { failureVerdict, refusalVerdict } from '../parking/verdict.ts'
import type { Delay } from './items/work-item.ts'
import { backoffMs, type Queue } from './queue.ts'
import type { Done, Worked } from './work.ts'

/** How a message ends, for now or for good. */
export type EndingOf =
  | { readonly kind: 'done'; readonly record?: Done['record'] }
  | { readonly kind: 'delayed'; readonly delay: Delay }
  | { readonly kind: 'dead'; readonly verdict: ParkVerdict }

/** What a handler's answer makes of a message that has failed so often before. */
export const endingOfAnswer = (answer: Worked, attempts: number): EndingOf => {
  if (answer === undefined) return { kind: 'done' }
  if ('refused' in answer) return { kind: 'dead', verdict: refusalVerdict(answer, attempts + 1) }
  if (answer.kind === 'done') return { kind: 'done', record: answer.record }
  return { kind: 'delayed', delay: { at: answer.at, attempts, error: null } }
}

/** What a failed try makes of it. */
export const endingOfFailure = (
  error: unknown,
  { tries, backoff }: Pick<Queue, 'tries' | 'backoff'>,
  attempts: number,
  now: Date,
): EndingOf => {
  const tried = attempts + 1
  const policy = { maxAttempts: tries, firstDelayMs: 0, longestDelayMs: 0 }
  const verdict = failureVerdict(error, { attempts: tried, hasKey: false, policy, now })
  if (verdict.status === 'dead') return { kind: 'dead', verdict }
  const at = new Date(now.getTime() + backoffMs(backoff, tried))
  return { kind: 'delayed', delay: { at, attempts: tried, error: verdict.error } }
}
