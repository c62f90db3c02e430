/**
 * PostgreSQL: connection exceptions (08…), shutdown, start-up and idle sessions (57P0…), too many connections; and what
 * the time-outs of our sessions (session.ts) end: a transaction, a wait for a lock, a statement.
 */
const POSTGRES_CONNECTION = /^(08|57P0|53300|25P03|25P04|55P03|57014)/
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])
/** The driver's own words have no code. */
const MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|is not queryable|connection error|after calling end on the pool/i
/** PostgreSQL: serialization failure and deadlock; the very same work may succeed when run again. */
const RETRYABLE = new Set(['40001', '40P01'])

/** The error and everything it was caused by, outermost first. */
const chain = function* (error: unknown): Generator<{ code?: unknown; message?: unknown }> {
  for (let e = error, depth = 0; e !== null && typeof e === 'object' && depth < 6; depth++) {
    yield e as { code?: unknown }
    e = (e as { cause?: unknown }).cause
  }
}

const someLink = (error: unknown, test: (code: string, message: string) => boolean): boolean => {
  for (const link of chain(error)) if (test(String(link.code ?? ''), String(link.message ?? ''))) return true
  return false
}

export const isConnectionError = (error: unknown): boolean =>
  someLink(error, (code, message) => POSTGRES_CONNECTION.test(code) || SOCKET.has(code) || MESSAGE.test(message))

/** No room on its disk or in its memory, or the disk fails: reads may go on, and nothing can be recorded, not even a failure. */
export const isOutOfRoom = (error: unknown): boolean =>
  someLink(error, (code) => /^(53000|53100|53200|53400|58030)$/.test(code))

/** What the time-outs of our sessions end: the server is there, only slow or locked. */
export const isTimeout = (error: unknown): boolean =>
  someLink(error, (code) => /^(25P03|25P04|55P03|57014)$/.test(code))

/** A row with the same key was there already: what a statement without ON CONFLICT fails with. */
export const isUniqueViolation = (error: unknown, constraint: string): boolean =>
  error instanceof Error && 'constraint' in error && error.constraint === constraint

/** The statement failed because another one of its transaction had failed before it. */
export const isAftermath = (error: unknown): boolean => someLink(error, (code) => code === '25P02')

/** Two transactions got in each other's way: run the work again. */
export const isRetryableConflict = (error: unknown): boolean =>
  error instanceof ConcurrencyConflict || someLink(error, (code) => RETRYABLE.has(code))

/** Somebody else changed the same thing between our read and our write. */
export class ConcurrencyConflict extends Error {
  override readonly name = 'ConcurrencyConflict'
}
