import type { ParkVerdict } from './parked-message.ts'

export interface FailedAttempt {
  /** ISO 8601. */
  readonly at: string
  readonly error: string | null
  /** Where it was thrown, as the runtime tells it; absent of a refusal, and of attempts of earlier versions. */
  readonly stack?: string
}

/** Grows by appending only: one JSON text per line. */
export const attemptLine = ({ error, stack }: Pick<ParkVerdict, 'error' | 'stack'>, at: Date): string => {
  const attempt: FailedAttempt = { at: at.toISOString(), error, ...(stack === undefined ? {} : { stack }) }
  return `${JSON.stringify(attempt)}\n`
}

/** Oldest first; of a log that was cut, whole lines only. */
export const attemptsIn = (log: string): FailedAttempt[] =>
  log.split('\n').flatMap((line) => (line.startsWith('{"at":') ? [JSON.parse(line) as FailedAttempt] : []))
