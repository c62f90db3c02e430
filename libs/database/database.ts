import type pg from 'pg'
import { createLogger, Outage } from '#libs/observability'
import { Connection } from './connection.ts'
import { connectionPool } from './connection-pool.ts'
import { isConnectionError, isOutOfRoom, isTimeout } from './errors.ts'
import { connected, observePool } from './pool-metrics.ts'
import type { Sql } from './sql.ts'

/** The database itself could not be reached or gave up on us; says nothing about the statement. Worth a retry. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable'
  /** Its going and coming back are logged where it is noticed, so nobody need log each thing that fails meanwhile. */
  readonly isLogged: boolean
  /** It answers, but has no room to record anything. */
  readonly isFull: boolean

  constructor(message: string, { cause, isLogged = false }: { cause?: unknown; isLogged?: boolean } = {}) {
    super(message, { cause })
    this.isLogged = isLogged
    this.isFull = isOutOfRoom(cause)
  }
}

/** A service's own database. */
export class Database implements Sql {
  readonly #pool: pg.Pool
  readonly #sql: Sql
  readonly #outage = new Outage(createLogger('database'), 'the database')
  readonly #fullDisk = new Outage(createLogger('database'), 'room on the disk of the database')

  constructor(connectionString: string) {
    this.#pool = connectionPool(connectionString)
    observePool(this.#pool)
    this.#sql = new Connection(this.#pool)
  }

  query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]> {
    return this.#reached(() => this.#sql.query<Row>(statement, ...parameters))
  }

  execute(statement: string, ...parameters: unknown[]): Promise<number> {
    return this.#reached(() => this.#sql.execute(statement, ...parameters))
  }

  /**
   * Runs `work` in one READ COMMITTED transaction: all of it or nothing. When the connection breaks during the commit,
   * `DatabaseUnavailable` leaves open which.
   */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    return this.#reached(async () => {
      const client = await connected(this.#pool)
      // A broken connection fails the statements of this transaction; without a listener it would end the process.
      const ignore = () => {}
      client.on('error', ignore)
      try {
        const result = await inTransaction(client, work)
        this.#fullDisk.over()
        return result
      } finally {
        client.off('error', ignore)
      }
    })
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  /** Tells "the database is away" from every other error, once, so that nobody else has to know the driver's codes. */
  async #reached<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work()
      this.#outage.over()
      return result
    } catch (error) {
      const isFull = isOutOfRoom(error)
      if (!isFull && !isConnectionError(error)) throw error
      const isLogged = isFull || !isTimeout(error)
      if (isLogged) (isFull ? this.#fullDisk : this.#outage).failed(error)
      throw new DatabaseUnavailable((error as Error).message, { cause: error, isLogged })
    }
  }
}

const inTransaction = async <T>(client: pg.PoolClient, work: (tx: Sql) => Promise<T>): Promise<T> => {
  let broken = false
  try {
    // Not awaited: it leaves with the first statements, and when it fails so do they.
    client.query('BEGIN').catch(() => {})
    const result = await work(new Connection(client))
    const { command } = await client.query('COMMIT')
    // What a server answers when a statement had failed and nobody looked.
    if (command !== 'COMMIT') throw new Error('a statement of this transaction failed, so it was rolled back')
    return result
  } catch (error) {
    // Behind everything that is still on its way, so that the connection is clean for the next transaction.
    await client.query('ROLLBACK').catch(() => {
      broken = true
    })
    throw error
  } finally {
    client.release(broken)
  }
}
