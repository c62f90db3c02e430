import type { FileSystem } from '../disk/file-system.ts'
import type { Journal } from './journal.ts'
import type { LogConfig } from './log-config.ts'
import type { PartitionLog } from './partition-log.ts'

export interface LogManagerOptions {
  readonly fs: FileSystem
  readonly dataDir: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Disk trouble and recoveries are told here, one sentence each. */
  readonly report?: (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void
  /** Upper bound for batches kept in memory for live consumers, all partitions together. Default 32 MiB. */
  readonly tailBytes?: number
}

/** All logs of one data directory. */
export declare class LogManager {
  /**
   * Takes the directory: refuses with a clear Error when another broker holds it or its format is of another version.
   * Partitions are opened one by one with `openPartition`, after the caller has learnt its topics from a journal.
   */
  static open(options: LogManagerOptions): Promise<LogManager>

  /** Grows with every unclean start, so clients notice that the log may have lost its unsynced end. */
  readonly leaderEpoch: number
  /** The last stop was clean: nothing had to be scanned. */
  readonly cleanStart: boolean

  /** Replays the surviving entries of `DIR/<name>.journal`, in order, before it resolves. */
  openJournal(name: string, replay: (entry: Buffer) => void): Promise<Journal>

  /** Opens (recovering if need be) or creates. Durable when it resolves. */
  openPartition(topic: string, partition: number, config: LogConfig): Promise<PartitionLog>
  /** The open partition, if any. */
  partition(topic: string, partition: number): PartitionLog | undefined
  partitions(): Iterable<PartitionLog>
  /** Closes the log (waking its listeners) and removes its files; crash-safe. */
  deletePartition(topic: string, partition: number): Promise<void>
  /** Partitions on disk that nobody opened: leftovers of a creation or deletion that a crash cut short. */
  strays(): { readonly topic: string; readonly partition: number }[]

  /** Retention, segment age, recovery checkpoint, idle file handles. Call it every few seconds, or on a test's clock. */
  maintain(): Promise<void>
  /** Flushes everything and leaves the mark of a clean stop. */
  close(): Promise<void>
}
