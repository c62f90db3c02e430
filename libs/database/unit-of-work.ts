import { createLogger, fields } from '#libs/observability'
import { isAftermath } from './errors.ts'
import type { Sql } from './sql.ts'

const log = createLogger('unit-of-work')

/**
 * What one pattern (event store, outbox, inbox, …) reads and writes in this transaction. Reads that were announced
 * leave together before the first handler runs; writes are gathered in memory meanwhile and leave in a few multi-row
 * statements at `flush`, however many messages the transaction covers.
 */
export interface Part {
  /** Flushed after all other parts, when this transaction holds every lock that it is going to take. */
  readonly flushedLast?: boolean
  /**
   * Asks the database for everything announced so far, without waiting: the statements of all parts leave together
   * and are carried out in this order. A failure is whoever's who waits for the answer.
   */
  prefetch?(): void
  /** Hands on to other parts what follows for them from what was gathered, before any of them writes. */
  settle?(): void
  /** Writes what was gathered: the first statement is asked for before anything is waited for. */
  flush(sql: Sql): Promise<void>
}

/** Creates a pattern's part of a unit of work; the class itself is the key, so each unit holds one of each. */
export type PartClass<P extends Part> = new (uow: UnitOfWork) => P

/**
 * One database transaction shared by all patterns: what is appended, enqueued, claimed and checkpointed through the
 * same unit of work commits together or not at all.
 */
export class UnitOfWork implements Sql {
  readonly #parts = new Map<PartClass<Part>, Part>()
  readonly #afterCommit: (() => void)[] = []

  constructor(
    /** The transaction, for reads and writes beyond the patterns. */
    private readonly tx: Sql,
    /** The one instant that everything in this unit of work calls "now". */
    readonly now: Date,
    /** The database that this is a transaction of: what a part may know its helpers in this process by. */
    readonly database?: object,
  ) {}

  part<P extends Part>(type: PartClass<P>): P {
    let part = this.#parts.get(type) as P | undefined
    if (part === undefined) {
      part = new type(this)
      this.#parts.set(type, part)
    }
    return part
  }

  query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]> {
    return this.tx.query<Row>(statement, ...parameters)
  }

  execute(statement: string, ...parameters: unknown[]): Promise<number> {
    return this.tx.execute(statement, ...parameters)
  }

  /**
   * Runs once the transaction is durable: the place to wake a relay or a worker. What it throws is logged and changes
   * nothing: the work is done.
   */
  afterCommit(callback: () => void): void {
    this.#afterCommit.push(callback)
  }

  /** Everything that was announced is asked for in one round trip. */
  prefetch(): void {
    for (const part of [...this.#parts.values()]) part.prefetch?.()
  }

  /** Writes everything gathered in one round trip, in the order of the parts' first use, those that are last after all. */
  async flush(): Promise<void> {
    for (const part of [...this.#parts.values()]) part.settle?.()
    const parts = [...this.#parts.values()]
    const ordered = [...parts.filter((part) => !part.flushedLast), ...parts.filter((part) => part.flushedLast)]
    const outcomes = await Promise.allSettled(ordered.map((part) => part.flush(this)))
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    // The statements behind one that fails all fail, too, and may be the first to say so.
    if (failures.length > 0) throw failures.find((failure) => !isAftermath(failure)) ?? failures[0]
  }

  committed(): void {
    for (const callback of this.#afterCommit) {
      try {
        callback()
      } catch (error) {
        log.error('a callback after a commit failed', { [fields.error]: error })
      }
    }
  }
}
