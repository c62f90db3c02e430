import type { File, FileSystem } from '../disk/file-system.ts'
import { scanBatches } from './batch-scan.ts'
import { SegmentContents } from './segment-contents.ts'
import { SegmentFile } from './segment-file.ts'
import type { IndexEntry, SegmentIndex } from './segment-index.ts'
import { loadIndex, saveIndex } from './segment-index-file.ts'
import { segmentName } from './segment-name.ts'
import { type ReadLimits, type ReadMemory, readBatches } from './segment-reader.ts'
import { SegmentSync } from './segment-sync.ts'

/**
 * One file of consecutive batches, named after the first offset it may hold, with its sparse index.
 */
export class LogSegment {
  private readonly handle: SegmentFile
  private readonly device: SegmentSync
  private readonly contents: SegmentContents

  constructor(
    private readonly fs: FileSystem,
    private readonly directory: string,
    readonly baseOffset: number,
    size: number,
    name = `${segmentName(baseOffset)}.log`,
  ) {
    this.handle = new SegmentFile(fs, directory, name)
    this.contents = new SegmentContents(baseOffset, size)
    this.device = new SegmentSync(this.handle, this.contents, size)
  }

  /** Bytes of whole batches in the page cache. */
  get size(): number {
    return this.contents.size
  }

  /** First offset after this segment; like the greatest timestamp, known once the segment is `described`. */
  get endOffset(): number {
    return this.contents.endOffset
  }

  get maxTimestamp(): number {
    return this.contents.maxTimestamp
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
    return this.device.isDone
  }

  /** Its index says more than the file of it. */
  get hasUnsavedIndex(): boolean {
    return !this.contents.isSaved && this.contents.index !== undefined
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
    if (isIdle && !active && this.contents.isSaved && this.size > 0) this.contents.index = undefined
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
    for (const batch of batches) this.contents.note(batch, 0, this.size, indexInterval)
  }

  /** Notes one batch at `position`, by which the segment now ends. */
  note(bytes: Buffer, at: number, position: number, indexInterval: number): void {
    this.contents.note(bytes, at, position, indexInterval)
  }

  /** Reads the stored index and returns what it covers; undefined when it is missing or damaged. */
  loadIndex(): IndexEntry | undefined {
    const stored = loadIndex(this.fs, this.indexPath, this.baseOffset, this.size)
    if (stored === undefined) return undefined
    this.contents.load(stored.index, stored.covers)
    return stored.covers
  }

  /** Forgets all that the checkpoint does not vouch for and returns the position to scan on from. */
  rewindTo(offset: number): number {
    if (this.loadIndex() === undefined) this.contents.index = undefined
    return this.contents.rewindTo(offset)
  }

  /** After a start: it ends here, and all of it is on the device. */
  recoveredTo(size: number): void {
    this.contents.size = size
    this.device.syncedSize = size
  }

  /** Makes sure that `endOffset` and `maxTimestamp` are true, without keeping an index in memory for it. */
  async describe(indexInterval: number): Promise<void> {
    if (!this.contents.isDescribed) await this.index(indexInterval)
  }

  async index(indexInterval: number): Promise<SegmentIndex> {
    const { contents } = this
    if (contents.index === undefined && this.loadIndex()?.position !== this.size) await this.rebuildIndex(indexInterval)
    return contents.index!
  }

  async saveIndex(): Promise<void> {
    const { contents } = this
    const { index, covers } = contents
    if (contents.isSaved || index === undefined) return
    contents.isSaved = true
    try {
      await saveIndex(this.fs, this.indexPath, this.baseOffset, { index, covers })
    } catch (error) {
      contents.isSaved = false
      throw error
    }
  }

  /** Resolves when all that was written by the turn of this call is on the device. */
  sync(): Promise<void> {
    return this.device.sync()
  }

  /** After a failed sync: see `SegmentSync`. */
  rewriteUnsynced(): Promise<void> {
    return this.device.rewrite()
  }

  /** Whole batches that end at or after `offset` and before `bound`, as one buffer; empty when there are none. */
  async read(limits: ReadLimits, indexInterval: number, memory?: ReadMemory): Promise<Buffer> {
    const { position } = (await this.index(indexInterval)).forOffset(limits.offset)
    return this.use((file) => readBatches(file, position, this.size, limits, memory))
  }

  private async rebuildIndex(indexInterval: number): Promise<void> {
    const { size } = this
    this.contents.index = undefined
    const found = new SegmentContents(this.baseOffset, 0)
    await this.use((file) =>
      scanBatches(file, 0, size, false, (bytes, at, position) => {
        found.note(bytes, at, position, indexInterval)
        return true
      }),
    )
    this.contents.rebuilt(found)
  }
}
