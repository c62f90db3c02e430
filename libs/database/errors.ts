/** Prisma: server unreachable, timed out, connection closed, pool exhausted, transaction lost with its connection. */
const PRISMA_CONNECTION = new Set(['P1000', 'P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028'])
/** PostgreSQL: connection exceptions (08…), shutdown and start-up (57P0…), too many connections. */
const POSTGRES_CONNECTION = /^(08|57P0|53300)/
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])
const MESSAGE =
  /Connection terminated|terminating connection|Can't reach database|server closed the connection|is starting up|is shutting down|in recovery mode|Client has encountered a connection error|Transaction API error|Transaction already closed/i
/** PostgreSQL: serialization failure and deadlock; the very same work may succeed when run again. */
const RETRYABLE = new Set(['40001', '40P01', 'P2034'])

interface CodedError {
  code?: unknown
  message?: unknown
  cause?: unknown
  meta?: unknown
}

/** The error and everything it was caused by, outermost first; drivers and ORMs wrap each other's errors. */
const chain = function* (error: unknown): Generator<CodedError> {
  for (let e = error, depth = 0; e !== null && typeof e === 'object' && depth < 6; depth++) {
    yield e as CodedError
    const meta = (e as CodedError).meta as { code?: unknown; driverAdapterError?: unknown } | undefined
    if (meta?.code !== undefined) yield { code: meta.code }
    const cause = (e as CodedError).cause as CodedError | undefined
    if (cause !== undefined && (cause as { originalCode?: unknown }).originalCode !== undefined)
      yield { code: (cause as { originalCode?: unknown }).originalCode }
    e = cause ?? meta?.driverAdapterError
  }
}

const someLink = (error: unknown, test: (code: string, message: string) => boolean): boolean => {
  for (const link of chain(error)) if (test(String(link.code ?? ''), String(link.message ?? ''))) return true
  return false
}

export const isConnectionError = (error: unknown): boolean =>
  someLink(
    error,
    (code, message) =>
      PRISMA_CONNECTION.has(code) || POSTGRES_CONNECTION.test(code) || SOCKET.has(code) || MESSAGE.test(message),
  )

/** Two transactions got in each other's way: run the work again. */
export const isRetryableConflict = (error: unknown): boolean =>
  error instanceof ConcurrencyConflict || someLink(error, (code) => RETRYABLE.has(code))

/** Somebody else changed the same thing between our read and our write. */
export class ConcurrencyConflict extends Error {
  override readonly name = 'ConcurrencyConflict'
}
