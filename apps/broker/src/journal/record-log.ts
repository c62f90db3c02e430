import type { LogManager } from '../log/log-manager.ts'
import type { Journal } from './journal.ts'

/** A journal below this size is not worth compacting. */
const COMPACT_ABOVE_BYTES = 1024 * 1024
/** A journal is rewritten once it is this many times as large as what it says. */
const COMPACT_RATIO = 4

/**
 * The durable records behind a state that is a fold over them. The owner applies records to its state first, so that
 * decisions that follow see them, then appends; only when that resolves may anybody outside be told.
 */
export class RecordLog<R> {
  private journal!: Journal
  private tail: Promise<void> = Promise.resolve()
  private compacting = false
  /** A compaction that waits for another one, and will bring in all that the state reflects by then. */
  private queued: Promise<void> | undefined
  private readonly snapshot: () => Iterable<R>

  private constructor(snapshot: () => Iterable<R>) {
    this.snapshot = snapshot
  }

  /** Replays what survived; `snapshot` gives the shortest sequence of records with the same outcome. */
  static async open<R>(
    logs: LogManager,
    name: string,
    replay: (record: R) => void,
    snapshot: () => Iterable<R>,
  ): Promise<RecordLog<R>> {
    const log = new RecordLog(snapshot)
    log.journal = await logs.openJournal(name, (entry) => replay(JSON.parse(entry.toString('utf8')) as R))
    // If a sync failed before the process died, what was read now may be in the page cache only, and is never written.
    if (logs.lastStop !== 'CLEAN' && log.journal.size > 0) await log.compact()
    return log
  }

  /** All of the records or, after a crash, none of them. Rejects with StorageError. */
  append(records: readonly R[]): Promise<void> {
    // After a failure the journal lacks what the state already reflects: only a snapshot makes the two agree again.
    const durable = this.journal.healthy ? this.journal.append(records.map(encode)) : this.compact()
    this.tail = durable.catch(() => {})
    this.compactWhenLarge()
    return durable
  }

  /** Resolves when everything the state reflects by now is on disk. Rejects with StorageError. */
  async settled(): Promise<void> {
    await this.tail
    if (!this.journal.healthy) await this.append([])
  }

  /** However many ask for it while the disk refuses, one is under way and one waits. */
  private compact(): Promise<void> {
    if (this.queued !== undefined) return this.queued
    let isTaken = false
    const done = this.journal.compact(() => {
      isTaken = true
      this.queued = undefined
      return Array.from(this.snapshot(), encode)
    })
    if (!isTaken) this.queued = done
    return done
  }

  private compactWhenLarge(): void {
    const { size, compactedSize } = this.journal
    if (this.compacting || size < Math.max(COMPACT_ABOVE_BYTES, compactedSize * COMPACT_RATIO)) return
    this.compacting = true
    this.compact()
      .catch(() => {}) // The log manager has reported it; the journal as it was remains in use.
      .finally(() => {
        this.compacting = false
      })
  }
}

const encode = (record: unknown): Buffer => Buffer.from(JSON.stringify(record))
