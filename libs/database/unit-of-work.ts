import { bound, type PrismaSql, type Sql } from './database.ts'

/**
 * What one pattern (event store, outbox, inbox, …) wants written in this transaction. Writes are gathered in memory
 * while the handlers run and leave in a few multi-row statements at `flush`, however many messages the transaction
 * covers.
 */
export interface Part {
  /** Flushed after all other parts, when this transaction holds every lock that it is going to take. */
  readonly flushedLast?: boolean
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
    /** The service's own Prisma transaction, for reads and writes beyond the patterns. */
    readonly tx: PrismaSql,
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
    return this.tx.$queryRawUnsafe<Row[]>(statement, ...bound(parameters))
  }

  execute(statement: string, ...parameters: unknown[]): Promise<number> {
    return this.tx.$executeRawUnsafe(statement, ...bound(parameters))
  }

  /** Runs once the transaction is durable: the place to wake a relay or a worker. Must not throw. */
  afterCommit(callback: () => void): void {
    this.#afterCommit.push(callback)
  }

  /** Writes everything gathered, part by part in the order of first use. A flush may add to a part that comes later. */
  async flush(): Promise<void> {
    for (const part of this.#parts.values()) if (!part.flushedLast) await part.flush(this)
    for (const part of this.#parts.values()) if (part.flushedLast) await part.flush(this)
  }

  committed(): void {
    for (const callback of this.#afterCommit) callback()
  }
}
