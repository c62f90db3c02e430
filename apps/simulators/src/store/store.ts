import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '#libs/observability'
import { refusal } from '../refusal.ts'
import { MIGRATIONS } from './schema.ts'

const log = createLogger('store')
/** Between the beginnings of two commits, milliseconds: at rest nobody waits for it, under load more share a commit. */
const COMMITS_APART = 20

/**
 * `FULL` makes a commit survive a power cut, and not just the end of this process. Nobody else opens the file, so it need
 * not be locked and unlocked for each statement. Keys are random: each row touches a page of each index, which pages of
 * 1 KB in place of 4 would make 55 KB to write per order in place of 87, at twice the system calls and 0.08 ms more of
 * processor time, which is what is scarce.
 */
const PRAGMAS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -16000;
  PRAGMA journal_size_limit = 16777216;`

/** As much as an order needs, and as a small gap does not have. */
const PROBE = "INSERT OR REPLACE INTO settings VALUES ('probe', hex(randomblob(16384)))"

interface Group {
  readonly committed: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Rows changed since the file was opened, when the group began. */
  readonly changes: number
}

/**
 * The memory of the simulators: one SQLite file, of which only a cache of fixed size is in memory.
 *
 * Group commit: whatever is written while one commit has yet to begin shares it, so durability costs hundreds of
 * concurrent requests one wait for the disk. When a commit fails, as on a full disk, nothing of its group has happened,
 * every one of its writers is told so, and the next group tries anew.
 */
export class Store {
  #group: Group | undefined
  #nextCommitAt = 0
  #failure: Error | undefined
  #refused = 0

  readonly #countChanges: StatementSync

  private constructor(private readonly database: DatabaseSync) {
    this.#countChanges = database.prepare('SELECT total_changes() AS n')
  }

  /** Opens the file, made for its owner only where it is missing, and brings its tables up to date. */
  static open(path: string): Store {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    chmodSync(dirname(path), 0o700)
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    const database = new DatabaseSync(path)
    database.exec(PRAGMAS)
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    for (const [index, migration] of [...MIGRATIONS.entries()].slice(version))
      database.exec(`BEGIN; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`)
    return new Store(database)
  }

  prepare(sql: string): StatementSync {
    return this.database.prepare(sql)
  }

  /**
   * Runs `work`, synchronously and now, and resolves with what it returns once that is durable. What it throws by itself
   * it has to throw before its first write. Rejects with a 503 when the disk does not take it.
   */
  async write<T>(work: () => T): Promise<T> {
    let group: Group
    let result: T
    try {
      group = this.#group ??= this.#begin()
      result = work()
    } catch (error) {
      throw isOfStore(error) ? this.#fail(error) : error
    }
    await group.committed
    return result
  }

  /** Everything that `work` writes, or nothing of it; for the time before anybody else writes. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.database.exec('BEGIN IMMEDIATE')
    try {
      const result = await work()
      this.database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK')
      throw error
    }
  }

  /** Rejects, saying why, while nothing can be written. */
  async check(): Promise<void> {
    if (this.#failure) await this.write(() => this.database.exec(PROBE))
  }

  async close(): Promise<void> {
    await this.#group?.committed.catch(() => undefined)
    this.database.close()
  }

  #begin(): Group {
    this.database.exec('BEGIN IMMEDIATE')
    const { promise: committed, resolve, reject } = Promise.withResolvers<void>()
    committed.catch(() => undefined)
    const group = { committed, resolve, reject, changes: this.#changes() }
    void this.#commit(group)
    return group
  }

  async #commit(group: Group): Promise<void> {
    // Everything of this turn of the event loop joins the group.
    await nextTurn()
    const breath = this.#nextCommitAt - performance.now()
    if (breath > 0) await sleep(breath)
    if (this.#group !== group) return
    this.#nextCommitAt = performance.now() + COMMITS_APART
    try {
      this.database.exec('COMMIT')
      this.#group = undefined
      group.resolve()
      if (this.#failure && this.#changes() > group.changes) this.#recovered()
    } catch (error) {
      this.#fail(error)
    }
  }

  #changes(): number {
    return (this.#countChanges.get() as { n: number }).n
  }

  /** Nothing of the group under way has happened. */
  #fail(cause: unknown): Error {
    if (this.database.isTransaction) this.database.exec('ROLLBACK')
    const group = this.#group
    this.#group = undefined
    if (!this.#failure) log.error('nothing can be written, each write is refused until it can', { error: cause })
    this.#refused++
    this.#failure = refusal(503, 'storage_unavailable', `nothing can be stored now: ${(cause as Error).message}`)
    group?.reject(this.#failure)
    return this.#failure
  }

  #recovered(): void {
    log.info('writes again', { failed: this.#refused })
    this.#failure = undefined
    this.#refused = 0
  }
}

const isOfStore = (error: unknown): boolean => (error as { code?: string }).code === 'ERR_SQLITE_ERROR'

/** What every row of a statement is, as its caller knows. */
export const rowsOf = <Row>(statement: StatementSync, ...values: SQLInputValue[]): Row[] =>
  statement.all(...values) as unknown as Row[]

export const rowOf = <Row>(statement: StatementSync, ...values: SQLInputValue[]): Row | undefined =>
  statement.get(...values) as unknown as Row | undefined
