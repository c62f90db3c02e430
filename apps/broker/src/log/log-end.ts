import { BATCH_OVERHEAD, batchMaxTimestamp } from '#libs/kafka-protocol'
import type { FileSystem } from '../disk/file-system.ts'
import type { LogConfig } from './log-config.ts'
import { LogSegment } from './log-segment.ts'
import { RetiredSegmentError } from './segment-file.ts'
import { MAX_SEGMENT_OFFSETS } from './segment-index.ts'

export interface LogEndOptions {
  readonly fs: FileSystem
  readonly directory: string
  readonly now: () => number
  readonly config: () => LogConfig
}

/** A batch that wants a place. */
interface Coming {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly endOffset: number
}

/** Where a log grows: the active segment, and when another one takes its place. */
export class LogEnd {
  /** When the active segment got its first batch; not known after a start until somebody asks. */
  private segmentStarted: number | undefined
  private directoryChanged = false
  private retired = false

  /** `segments` is the log's own list, oldest first; new ones are added to it. */
  constructor(
    private readonly options: LogEndOptions,
    private readonly segments: LogSegment[],
  ) {}

  get active(): LogSegment {
    return this.segments.at(-1)!
  }

  /** The active segment's name may not be on the device. */
  get isNew(): boolean {
    return this.directoryChanged
  }

  /** Begins a new active segment, whose first batch will be at `baseOffset`. */
  roll(baseOffset: number): void {
    // It would be created in the directory of a successor of the same name.
    if (this.retired) throw new RetiredSegmentError(`${this.options.directory} was let go of`)
    const segment = new LogSegment(this.options.fs, this.options.directory, baseOffset, 0)
    segment.file()
    this.segments.push(segment)
    this.segmentStarted = this.options.now()
    this.directoryChanged = true
  }

  /** No segment begins any more. */
  retire(): void {
    this.retired = true
  }

  /** The first of these batches, at least one, that go into the active segment together; another one if it is full or old. */
  nextRun(coming: readonly Coming[]): Buffer[] {
    const { segmentBytes } = this.options.config()
    const first = coming[0]!
    if (this.isFull(first)) this.roll(first.baseOffset)
    const { active } = this
    const run: Buffer[] = []
    let size = active.size
    for (const { bytes, endOffset } of coming) {
      size += bytes.length
      const fits = size <= segmentBytes && endOffset - active.baseOffset <= MAX_SEGMENT_OFFSETS
      if (run.length > 0 && !fits) break
      run.push(bytes)
    }
    return run
  }

  /** Everything written so far is on the device when it resolves, a new segment's name before anything in it. */
  async sync(): Promise<void> {
    await this.syncDirectory()
    for (const segment of this.unsynced()) await segment.sync()
  }

  /** Older ones are synced first, so these are the last ones. */
  private unsynced(): LogSegment[] {
    let first = this.segments.length - 1
    while (first > 0 && !this.segments[first - 1]!.isSynced) first--
    return this.segments.slice(first)
  }

  private async syncDirectory(): Promise<void> {
    if (!this.directoryChanged) return
    this.directoryChanged = false
    await this.options.fs.syncDirectory(this.options.directory).catch((error) => {
      this.directoryChanged = true
      throw error
    })
  }

  private isFull({ bytes, endOffset }: Coming): boolean {
    const { size, baseOffset } = this.active
    const { segmentBytes, segmentMs } = this.options.config()
    return (
      size > 0 &&
      (size + bytes.length > segmentBytes ||
        endOffset - baseOffset > MAX_SEGMENT_OFFSETS ||
        this.options.now() - this.startOfSegment() > segmentMs)
    )
  }

  /** By what its first batch says, but never in the future: a clock that is wrong must not keep a segment open. */
  private startOfSegment(): number {
    if (this.segmentStarted !== undefined) return this.segmentStarted
    const header = Buffer.alloc(BATCH_OVERHEAD)
    this.active.file().readSync(header, 0)
    const timestamp = batchMaxTimestamp(header)
    const now = this.options.now()
    this.segmentStarted = timestamp < 0 ? now : Math.min(timestamp, now)
    return this.segmentStarted
  }
}
