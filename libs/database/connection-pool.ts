import pg from 'pg'
import { sessionConfig } from './session.ts'

/** Transactions of a process follow one another; the rest is a few readers. */
const MAX_CONNECTIONS = 8
/** Waiting this long for a connection or an answer means that something is wrong, not slow. Milliseconds. */
const CONNECT_MS = 10_000
const ANSWER_MS = 60_000

const BIGINT = pg.types.builtins.INT8
/** A bigint as BigInt: the driver would rather answer a text than lose digits. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((type: number, format: 'text') =>
    type === BIGINT ? BigInt : pg.types.getTypeParser(type, format)) as typeof pg.types.getTypeParser,
}

/** Connections to a service's own database, on which statements need not wait for one another's answers. */
export const connectionPool = (connectionString: string): pg.Pool => {
  const pool = new pg.Pool({
    ...sessionConfig(connectionString),
    types,
    pipeline: true,
    keepAlive: true,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
  })
  // A connection that breaks while nobody uses it is replaced; for whoever uses one the statement fails.
  pool.on('error', () => {})
  return pool
}
