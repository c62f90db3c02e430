import pg from 'pg'
import { sessionSetup } from '#libs/database'
import { CHANNEL } from './channel.ts'

const CONFIG = {
  application_name: 'waybill-outbox-relay',
  keepAlive: true,
  connectionTimeoutMillis: 10_000,
  // A server that went away without a word.
  query_timeout: 30_000,
} as const

/** The server ends a session that has been silent for so long, and its locks with it: its process is frozen. */
const LEASE_MS = 10_000
/** The locks count as held up to so long before that. */
const MARGIN_MS = 1_000
/** A session is not silent for longer than this. */
const HEARTBEAT_MS = 2_000

/**
 * Deletes need not survive a crash of the server, it only publishes again; waiting for their fsync would hold up the
 * next batch. Statistics of a table that is empty or huge mislead the planner: the primary key is always right.
 */
const SESSION = {
  idle_session_timeout: LEASE_MS,
  synchronous_commit: 'off',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  plan_cache_mode: 'force_custom_plan',
}

/**
 * The relay's own session: it listens on it, and its locks live and die with it. They are a lease: the server takes them
 * from a session that is silent, and `verify` says whether they are held at this moment.
 */
export class RelayConnection {
  #last: Promise<unknown> = Promise.resolve()
  #isLost = false
  #heldUntil = 0
  #silentSince = performance.now()
  readonly #heartbeat: NodeJS.Timeout

  private constructor(
    private readonly client: pg.Client,
    onLost: () => void,
  ) {
    const lost = () => {
      this.#isLost = true
      clearInterval(this.#heartbeat)
      onLost()
    }
    client.on('error', lost)
    client.on('end', lost)
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#silentSince >= HEARTBEAT_MS) this.query({ text: 'SELECT' }).catch(() => {})
    }, HEARTBEAT_MS)
  }

  static async open(
    connectionString: string,
    on: { notified(payload: string): void; lost(): void },
  ): Promise<RelayConnection> {
    const client = new pg.Client({ connectionString, ...CONFIG })
    client.on('notification', ({ payload }) => on.notified(payload ?? ''))
    const connection = new RelayConnection(client, on.lost)
    try {
      await client.connect()
      await connection.queries(sessionSetup(SESSION), `LISTEN ${CHANNEL}`)
    } catch (error) {
      await connection.close()
      throw error
    }
    return connection
  }

  /** Resolves while the locks of this session are its own; rejects when it has lost them, or the server keeps silent. */
  async verify(): Promise<void> {
    if (this.#isLost) throw new Error('the session with the database is over')
    if (performance.now() >= this.#heldUntil) await this.query({ text: 'SELECT' })
  }

  /** Statements are carried out one after the other, in the order asked for. */
  async query<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<Row[]> {
    return (await this.#send(() => this.client.query<Row>(statement))).rows
  }

  /** Statements without parameters, in one round trip; answers the rows of each. */
  async queries(...statements: readonly string[]): Promise<pg.QueryResultRow[][]> {
    const results = await this.#send(() => this.client.query(statements.join(';')))
    return (results as unknown as pg.QueryResult[]).map(({ rows }) => rows)
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    await this.client.end().catch(() => {})
  }

  /** The server is silent to us only after it has had the statement, so the lease counts from when that was sent. */
  #send<T>(statement: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(async () => {
      const sentAt = performance.now()
      this.#silentSince = sentAt
      const result = await statement()
      this.#heldUntil = sentAt + LEASE_MS - MARGIN_MS
      return result
    })
    this.#last = answer.catch(() => {})
    return answer
  }
}
