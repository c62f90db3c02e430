export interface FailedAttempt {
  /** ISO 8601. */
  readonly at: string
  readonly error: string | null
}

/** Grows by appending only: one JSON text per line. */
export const attemptLine = (error: string | null, at: Date): string =>
  `${JSON.stringify({ at: at.toISOString(), error } satisfies FailedAttempt)}\n`

/** Oldest first; of a log that was cut, whole lines only. */
export const attemptsIn = (log: string): FailedAttempt[] =>
  log.split('\n').flatMap((line) => (line.startsWith('{"at":') ? [JSON.parse(line) as FailedAttempt] : []))
