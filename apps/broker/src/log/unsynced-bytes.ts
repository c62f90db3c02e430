import type { RedoSource } from '../redo/redo-file.ts'
import type { RedoNote } from '../redo/redo-log.ts'
import type { BlockPool } from './block-pool.ts'
import type { LogSegment } from './log-segment.ts'

/** More than this is sooner synced than written a second time. */
const MAX_BYTES = 64 * 1024

/**
 * What the active segment has been given since it was last made durable, for the redo log: all of it, or else nothing
 * is said until the file itself has been synced.
 */
export class UnsyncedBytes {
  private bytes: Buffer[] = []
  private length = 0
  private position = 0
  private segment: LogSegment | undefined
  private source: RedoSource | undefined
  private isWhole = true

  constructor(private readonly blocks: BlockPool) {}

  /** These are at the end of the segment, from `position` on. */
  add(segment: LogSegment, position: number, bytes: Buffer): void {
    if (segment !== this.segment) {
      if (this.length > 0) this.lose()
      this.segment = segment
      this.source = undefined
    }
    if (this.length === 0) this.position = position
    this.length += bytes.length
    if (!this.isWhole || this.length > MAX_BYTES) {
      this.lose()
      return
    }
    this.blocks.hold(bytes)
    this.bytes.push(bytes)
  }

  /** A sync of the files begins: it covers all that there is. */
  clear(): void {
    this.giveBack(this.bytes)
    this.begin()
  }

  /** Something is not known here: only a sync will do. */
  lose(): void {
    this.clear()
    this.isWhole = false
  }

  take(directory: string, settle: (segment: LogSegment) => Promise<void>): RedoNote | undefined {
    const { segment, bytes, position } = this
    if (!this.isWhole || segment === undefined || bytes.length === 0) return undefined
    this.source ??= { settle: () => settle(segment) }
    this.begin()
    const path = `${directory}/${segment.fileName}`
    return { path, position, bytes, source: this.source, release: () => this.giveBack(bytes) }
  }

  private begin(): void {
    this.bytes = []
    this.length = 0
    this.isWhole = true
  }

  private giveBack(bytes: readonly Buffer[]): void {
    for (const piece of bytes) this.blocks.giveBack(piece)
  }
}
