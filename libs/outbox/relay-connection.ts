import pg from 'pg'
import { CHANNEL } from './channel.ts'

const CONFIG = {
  application_name: 'waybill-outbox-relay',
  keepAlive: true,
  connectionTimeoutMillis: 10_000,
  // A server that went away without a word.
  query_timeout: 30_000,
} as const

/**
 * Deletes need not survive a crash of the server, it only publishes again; waiting for their fsync would hold up the
 * next batch. Statistics of a table that is empty or huge mislead the planner: the primary key is always right. And a
 * relay whose machine is gone must not keep its slots locked for the hours that TCP would take to notice.
 */
const SESSION = `
  SET synchronous_commit = off;
  SET enable_seqscan = off;
  SET enable_bitmapscan = off;
  SET plan_cache_mode = force_custom_plan;
  SET tcp_keepalives_idle = 5;
  SET tcp_keepalives_interval = 2;
  SET tcp_keepalives_count = 3;
  LISTEN ${CHANNEL}`

/** The relay's own session: it listens on it, and its locks live and die with it. */
export class RelayConnection {
  #last: Promise<unknown> = Promise.resolve()

  private constructor(private readonly client: pg.Client) {}

  static async open(
    connectionString: string,
    on: { notified(payload: string): void; lost(): void },
  ): Promise<RelayConnection> {
    const client = new pg.Client({ connectionString, ...CONFIG })
    client.on('notification', ({ payload }) => on.notified(payload ?? ''))
    client.on('error', on.lost)
    client.on('end', on.lost)
    try {
      await client.connect()
      await client.query(SESSION)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    return new RelayConnection(client)
  }

  /** Statements are carried out one after the other, in the order asked for. */
  query<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<Row[]> {
    const answer = this.#last.then(() => this.client.query<Row>(statement)).then(({ rows }) => rows)
    this.#last = answer.catch(() => {})
    return answer
  }

  /** Statements without parameters, in one round trip; answers the rows of each. */
  queries(...statements: readonly string[]): Promise<pg.QueryResultRow[][]> {
    const answer = this.#last
      .then(() => this.client.query(statements.join(';')))
      .then((results) => (results as unknown as pg.QueryResult[]).map(({ rows }) => rows))
    this.#last = answer.catch(() => {})
    return answer
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => {})
  }
}
