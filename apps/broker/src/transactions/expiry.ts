import type { Transaction } from './transaction.ts'

/** Its producer has taken longer than it said it would: others wait for its records. */
export const isTimedOut = ({ state, startedAt, timeoutMs }: Transaction, now: number): boolean =>
  state === 'Ongoing' && startedAt + timeoutMs < now

/** Nobody has used the id for so long that it may be forgotten. */
export const isForgotten = ({ state, updatedAt }: Transaction, now: number, expirationMs: number): boolean =>
  (state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort') && updatedAt <= now - expirationMs
