/**
 * A durable sequence of small records for the broker's own state (topics, group offsets, members): on open every
 * surviving entry is replayed in order, then entries are appended with group commit.
 */
export declare class Journal {
  /** Bytes in the file, to decide when to compact. */
  readonly size: number
  /** Size just after the last compaction (or at open when there was none). */
  readonly compactedSize: number
  /** All or nothing: after a crash either every one of `entries` is replayed or none. Rejects with StorageError. */
  append(entries: readonly Buffer[]): Promise<void>
  /**
   * Replaces the content by `snapshot()`, which is called synchronously and must reflect every entry appended so far,
   * durable or not. Crash-safe: a restart finds the old content or the new.
   */
  compact(snapshot: () => Iterable<Buffer>): Promise<void>
  close(): Promise<void>
}
