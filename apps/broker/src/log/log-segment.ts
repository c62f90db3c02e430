import { batchBaseOffset, batchLastOffset, batchMaxTimestamp, batchSize } from '#libs/kafka-protocol'
import type { File, FileSystem } from '../disk/file-system.ts'
import { readChecked, writeAtomically } from './atomic-file.ts'
import { scanBatches } from './batch-scan.ts'
import { RetiredSegmentError, SegmentFile } from './segment-file.ts'
import { INDEX_ENTRY, type IndexEntry, SegmentIndex } from './segment-index.ts'
import { type ReadLimits, type ReadMemory, readBatches } from './segment-reader.ts'

/**
 * One file of consecutive batches, named after the first offset it may hold, with its sparse index.
 */
export class LogSegment {
  /** Bytes of whole batches in the page cache. */
  size: number
  /** Bytes known to be on the device. */
  syncedSize: number
  /** First offset after this segment; like the greatest timestamp, known once the segment is `described`. */
  endOffset: number
  maxTimestamp = -1

  private readonly handle: SegmentFile
  private loaded: SegmentIndex | undefined
  private known: boolean
  private indexSaved = true
  private sinceIndexed = 0
  private syncs: Promise<void> = Promise.resolve()
  /** Why a sync failed: what it left in doubt has to be written again before another one means anything. */
  private doubt: unknown

  constructor(
    private readonly fs: FileSystem,
    private readonly directory: string,
    readonly baseOffset: number,
    size: number,
    name = `${segmentName(baseOffset)}.log`,
  ) {
    this.handle = new SegmentFile(fs, directory, name)
    this.size = size
    this.syncedSize = size
    this.endOffset = baseOffset
    this.known = size === 0
    if (size === 0) this.loaded = new SegmentIndex(baseOffset)
  }

  get logPath(): string {
    return this.handle.path
  }

  /** Without the directory. */
  get fileName(): string {
    return this.handle.name
  }

  get indexPath(): string {
    return `${this.directory}/${segmentName(this.baseOffset)}.index`
  }

  /** All of it is on the device. */
  get isSynced(): boolean {
    return this.syncedSize >= this.size
  }

  /** Its index says more than the file of it. */
  get hasUnsavedIndex(): boolean {
    return !this.indexSaved && this.loaded !== undefined
  }

  /** The handle; valid within this turn only, `use` for longer. */
  file(): File {
    return this.handle.get()
  }

  /** Keeps the handle open until `work` is done. */
  use<T>(work: (file: File) => Promise<T>): Promise<T> {
    return this.handle.use(work)
  }

  /** Closes the handle if nothing touched it since the last call. Large old indexes go the same way. */
  releaseIdle(active: boolean): void {
    const isIdle = this.handle.releaseIdle()
    if (isIdle && !active && this.indexSaved && this.size > 0) this.loaded = undefined
  }

  /** Closes the handle until the next use. */
  closeFile(): void {
    this.handle.close()
  }

  /** No new use will begin; the handle closes with the last one under way. */
  retire(): void {
    this.handle.retire()
  }

  /** Replaces whatever has this name. */
  rename(name: string): void {
    this.handle.rename(name)
  }

  /** Removes the file alone: the index of that name is of the segment that this one was to replace. */
  async abandon(): Promise<void> {
    this.retire()
    await this.fs.remove(this.logPath)
  }

  /** Removes the files; readers that are under way finish on the open handle. */
  async remove(): Promise<void> {
    this.retire()
    await this.fs.remove(this.logPath)
    await this.fs.remove(this.indexPath)
  }

  /** Notes batches that were just written at the end of the file. */
  wrote(batches: readonly Buffer[], indexInterval: number): void {
    for (const batch of batches) this.note(batch, 0, this.size, indexInterval)
  }

  /** Notes one batch at `position`, by which the segment now ends. */
  note(bytes: Buffer, at: number, position: number, indexInterval: number): void {
    const size = batchSize(bytes, at)
    if (this.sinceIndexed >= indexInterval) {
      this.loaded!.append({ offset: batchBaseOffset(bytes, at), position, maxTimestamp: this.maxTimestamp })
      this.sinceIndexed = 0
    }
    this.sinceIndexed += size
    this.size = position + size
    this.endOffset = batchLastOffset(bytes, at) + 1
    this.maxTimestamp = Math.max(this.maxTimestamp, batchMaxTimestamp(bytes, at))
    this.indexSaved = false
  }

  /**
   * Reads the stored index and returns its sentinel, the last entry, which says what the index covers: end offset, size
   * and greatest timestamp of the segment when it was saved. Undefined when it is missing or damaged.
   */
  loadIndex(): IndexEntry | undefined {
    const stored = readChecked(this.fs, this.indexPath)
    if (stored === undefined || stored.length < INDEX_ENTRY || stored.length % INDEX_ENTRY !== 0) return undefined
    const covers = new SegmentIndex(this.baseOffset, stored).last
    if (covers.position > this.size) return undefined
    this.loaded = new SegmentIndex(this.baseOffset, stored.subarray(0, stored.length - INDEX_ENTRY))
    this.endOffset = covers.offset
    this.maxTimestamp = covers.maxTimestamp
    this.known = covers.position === this.size
    return covers
  }

  /** Forgets all that the checkpoint does not vouch for and returns the position to scan on from. */
  rewindTo(offset: number): number {
    if (this.loadIndex() === undefined) this.loaded = new SegmentIndex(this.baseOffset)
    this.loaded!.truncateTo(offset)
    const { position, maxTimestamp, offset: endOffset } = this.loaded!.last
    this.size = position
    this.endOffset = endOffset
    this.maxTimestamp = maxTimestamp
    this.known = true
    this.sinceIndexed = 0
    this.indexSaved = false
    return position
  }

  /** Makes sure that `endOffset` and `maxTimestamp` are true, without keeping an index in memory for it. */
  async describe(indexInterval: number): Promise<void> {
    if (!this.known) await this.index(indexInterval)
  }

  async index(indexInterval: number): Promise<SegmentIndex> {
    if (this.loaded === undefined && this.loadIndex()?.position !== this.size) await this.rebuildIndex(indexInterval)
    return this.loaded!
  }

  async saveIndex(): Promise<void> {
    const { loaded } = this
    if (this.indexSaved || loaded === undefined) return
    this.indexSaved = true
    const sentinel = new SegmentIndex(this.baseOffset)
    sentinel.append({ offset: this.endOffset, position: this.size, maxTimestamp: this.maxTimestamp })
    try {
      await writeAtomically(this.fs, this.indexPath, [loaded.encode(), sentinel.encode()])
    } catch (error) {
      this.indexSaved = false
      throw error
    }
  }

  /** One after the other, since the kernel tells of a failure once, and only to one of those who wait. */
  sync(): Promise<void> {
    const turn = this.syncs.then(() => this.syncNow())
    this.syncs = turn.catch(() => {})
    return turn
  }

  private async syncNow(): Promise<void> {
    if (this.doubt !== undefined) throw this.doubt
    const size = this.size
    if (this.isSynced) return
    try {
      await this.use((file) => file.sync(size - this.syncedSize))
    } catch (error) {
      if (!(error instanceof RetiredSegmentError)) this.doubt = error
      throw error
    }
    this.syncedSize = size
  }

  /** Puts bytes that a failed sync left in doubt back in the queue for the device, if they are still what they were. */
  async rewriteUnsynced(): Promise<void> {
    const { syncedSize, size } = this
    if (syncedSize >= size) return
    await this.use(async (file) => {
      const intact = await scanBatches(file, syncedSize, size, true, () => true)
      if (intact < size) throw new Error(`${this.logPath} is damaged at ${intact}`)
      for (let position = syncedSize; position < size; position += REWRITE_CHUNK) {
        const bytes = Buffer.allocUnsafe(Math.min(REWRITE_CHUNK, size - position))
        await file.read(bytes, position)
        await file.write([bytes], position)
      }
    })
    this.doubt = undefined
  }

  /** Whole batches that end at or after `offset` and before `bound`, as one buffer; empty when there are none. */
  async read(limits: ReadLimits, indexInterval: number, memory?: ReadMemory): Promise<Buffer> {
    const { position } = (await this.index(indexInterval)).forOffset(limits.offset)
    return this.use((file) => readBatches(file, position, this.size, limits, memory))
  }

  private async rebuildIndex(indexInterval: number): Promise<void> {
    const size = this.size
    this.loaded = undefined
    const rebuilt = new LogSegment(this.fs, this.directory, this.baseOffset, 0)
    await this.use((file) =>
      scanBatches(file, 0, size, false, (bytes, at, position) => {
        rebuilt.note(bytes, at, position, indexInterval)
        return true
      }),
    )
    this.loaded = rebuilt.loaded!
    this.endOffset = rebuilt.endOffset
    this.maxTimestamp = rebuilt.maxTimestamp
    this.known = true
    this.indexSaved = false
  }
}

const REWRITE_CHUNK = 1024 * 1024

/** Relative offsets in an index are 32 bits. */
export const MAX_SEGMENT_OFFSETS = 2 ** 32

/** Twenty digits, as in Kafka, so that names sort by offset. */
export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, '0')
}
