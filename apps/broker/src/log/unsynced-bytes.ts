import type { RedoSource } from '../redo/redo-file.ts'
import type { RedoNote } from '../redo/redo-log.ts'
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

  /** These are about to be noted as the end of the segment. */
  add(segment: LogSegment, bytes: readonly Buffer[]): void {
    if (segment !== this.segment) {
      if (this.length > 0) this.lose()
      this.segment = segment
      this.source = undefined
    }
    if (this.length === 0) this.position = segment.size
    for (const { length } of bytes) this.length += length
    if (!this.isWhole || this.length > MAX_BYTES) this.lose()
    else this.bytes.push(...bytes)
  }

  /** A sync of the files begins: it covers all that there is. */
  clear(): void {
    this.bytes = []
    this.length = 0
    this.isWhole = true
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
    this.clear()
    return { path: `${directory}/${segment.fileName}`, position, bytes, source: this.source }
  }
}
