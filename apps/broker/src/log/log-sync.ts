import type { RedoNote } from '../redo/redo-log.ts'
import type { BlockPool } from './block-pool.ts'
import type { LogEnd } from './log-end.ts'
import type { LogHealth } from './log-health.ts'
import type { LogSegment } from './log-segment.ts'
import { RetiredSegmentError } from './segment-file.ts'
import { UnsyncedBytes } from './unsynced-bytes.ts'

export interface LogSyncOptions {
  /** Of the directory, relative to the data directory. */
  readonly name: string
  readonly blocks: BlockPool
  /** End of what is in the page cache. */
  readonly writtenEnd: () => number
}

/** Brings what was written onto the device: by a note in the redo log, or by a sync of the files themselves. */
export class LogSync {
  private readonly unsynced: UnsyncedBytes

  constructor(
    private readonly options: LogSyncOptions,
    private readonly end: LogEnd,
    private readonly health: LogHealth,
  ) {
    this.unsynced = new UnsyncedBytes(options.blocks)
  }

  /** Nobody waits for what is written now, so the redo log need not have it. */
  skip(): void {
    this.unsynced.lose()
  }

  /** Was written at the end of the segment, and somebody waits for it. */
  wrote(segment: LogSegment, position: number, bytes: Buffer): void {
    this.unsynced.add(segment, position, bytes)
  }

  /** A new segment is not in its directory yet, and only a sync of the files tells after a failure. */
  note(): RedoNote | undefined {
    if (this.end.isNew || this.health.failure !== undefined || this.health.isClosed) return undefined
    return this.unsynced.take(this.options.name, this.settle)
  }

  /** For those who wait: from here on only what is written now is left to be made durable. */
  async commit(): Promise<number> {
    this.unsynced.clear()
    try {
      return await this.sync()
    } catch (error) {
      this.unsynced.lose()
      throw error
    }
  }

  /** The files themselves, whatever the redo log has. */
  async syncFiles(): Promise<void> {
    try {
      await this.sync()
    } catch (error) {
      this.unsynced.lose()
      throw this.health.fail('syncing', error)
    }
  }

  /**
   * After a failed sync the kernel may have dropped the pages, so another sync proves nothing. The bytes are still
   * readable in most cases: they are checked, written again and synced. Returns up to where that is true.
   */
  async again(segments: readonly LogSegment[]): Promise<number> {
    for (const segment of segments) await segment.rewriteUnsynced()
    return this.sync()
  }

  private async sync(): Promise<number> {
    const end = this.options.writtenEnd()
    await this.end.sync()
    return end
  }

  /** The redo log has what this segment may not have. */
  private readonly settle = async (segment: LogSegment): Promise<void> => {
    try {
      await segment.sync()
    } catch (error) {
      if (error instanceof RetiredSegmentError) return
      if (this.health.failure === undefined) this.health.fail('syncing', error)
      throw error
    }
  }
}
