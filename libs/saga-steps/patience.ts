import { uuidFrom } from '#libs/contracts'

/** How often a step is asked for, and what then: everything is undone for a reason, or else a human must look. */
export interface Patience<Reason extends string = never> {
  readonly attempts: number
  readonly thenUndoFor?: Reason
}

/** Silence means that the participant is away, so patience helps; a failure answer means that what it needs is away. */
export interface StepPolicy<Reason extends string = never> {
  readonly silence: Patience<Reason>
  readonly failure: Patience<Reason>
}

export const PERSISTENT: StepPolicy = { silence: { attempts: 10 }, failure: { attempts: 10 } }

const SILENCE_MS = 15_000
const FAILURE_MS = 1_000
const LONGEST_MS = 300_000

/** When to stop waiting for the answer to a command, ISO 8601; `about` is what the saga is about. */
export const silenceEnds = (about: string, step: string, attempt: number, at: string): string =>
  later(at, SILENCE_MS, attempt, `${about}/${step}/${attempt}`, LONGEST_MS)

/** When to ask again after a failure answer, ISO 8601. */
export const retryAt = (about: string, step: string, attempt: number, at: string): string =>
  later(at, FAILURE_MS, attempt, `${about}/${step}/${attempt}`, LONGEST_MS)

/** Doubles with every attempt; up to a quarter more, so that sagas which failed together do not return together. */
export const later = (at: string, firstMs: number, attempt: number, name: string, longestMs: number): string => {
  const backoffMs = Math.min(firstMs * 2 ** (attempt - 1), longestMs)
  const jitter = Number.parseInt(uuidFrom(name).slice(0, 8), 16) / 0xffffffff
  return new Date(Date.parse(at) + Math.round(backoffMs * (1 + jitter / 4))).toISOString()
}
