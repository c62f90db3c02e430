import type pg from 'pg'

/**
 * A process that is frozen in the middle of a transaction holds its locks until the server has had enough. Waiting for a
 * lock is allowed to last a little longer than that, so that those who wait for a frozen one go on without an error.
 */
const IDLE_IN_TRANSACTION_MS = 10_000
const LOCK_MS = 15_000
const STATEMENT_MS = 30_000
const TRANSACTION_MS = 60_000
/** An answer that nobody reads, and a machine that is gone. */
const UNREAD_ANSWER_MS = 20_000

/**
 * What our statements and the reading of their answers rely on. Servers, databases and roles may have other defaults; a
 * setting that an older server does not know is left out.
 */
const SETTINGS: Readonly<Record<string, string | number>> = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  search_path: 'public',
  client_encoding: 'UTF8',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  extra_float_digits: 1,
  array_nulls: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  lock_timeout: LOCK_MS,
  statement_timeout: STATEMENT_MS,
  transaction_timeout: TRANSACTION_MS,
  // The pool has the last word on how long a session may rest.
  idle_session_timeout: 0,
  tcp_user_timeout: UNREAD_ANSWER_MS,
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 3,
}

/**
 * One statement that gives a new session what every session of ours relies on, and `more` on top, by PostgreSQL's names.
 * A commit that was acknowledged is durable even where the server's default is to say so too early.
 */
export const sessionSetup = (more: Readonly<Record<string, string | number>> = {}): string => {
  const values = Object.entries({ ...SETTINGS, ...more }).map(([name, value]) => `('${name}', '${value}')`)
  if (!('synchronous_commit' in more))
    values.push(`('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'))`)
  return `SELECT set_config(name, value, false) FROM (VALUES ${values.join(', ')}) AS setting(name, value)
           WHERE current_setting(name, true) IS NOT NULL`
}

/** For whoever brings a pool of its own, such as Prisma's adapter: its sessions are set up as ours are. */
export const sessionConfig = (connectionString: string): pg.PoolConfig => ({
  connectionString,
  onConnect: async (client) => void (await client.query(sessionSetup())),
})
