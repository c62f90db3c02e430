import { scanBatches } from './batch-scan.ts'
import { RetiredSegmentError, type SegmentFile } from './segment-file.ts'

const REWRITE_CHUNK = 1024 * 1024

/** Brings what a segment was given from the page cache onto the device, and knows how much of it is there. */
export class SegmentSync {
  private syncs: Promise<void> = Promise.resolve()
  /** Why a sync failed: what it left in doubt has to be written again before another one means anything. */
  private doubt: unknown

  /** `syncedSize`: bytes known to be on the device. */
  constructor(
    private readonly file: SegmentFile,
    private readonly written: { readonly size: number },
    public syncedSize: number,
  ) {}

  get isDone(): boolean {
    return this.syncedSize >= this.written.size
  }

  /** One after the other, since the kernel tells of a failure once, and only to one of those who wait. */
  sync(): Promise<void> {
    const turn = this.syncs.then(() => this.syncNow())
    this.syncs = turn.catch(() => {})
    return turn
  }

  private async syncNow(): Promise<void> {
    if (this.doubt !== undefined) throw this.doubt
    if (this.isDone) return
    const { size } = this.written
    try {
      await this.file.use((file) => file.sync(size - this.syncedSize))
    } catch (error) {
      if (!(error instanceof RetiredSegmentError)) this.doubt = error
      throw error
    }
    this.syncedSize = size
  }

  /** Puts bytes that a failed sync left in doubt back in the queue for the device, if they are still what they were. */
  async rewrite(): Promise<void> {
    if (this.isDone) return
    const { syncedSize } = this
    const { size } = this.written
    await this.file.use(async (file) => {
      const intact = await scanBatches(file, syncedSize, size, true, () => true)
      if (intact < size) throw new Error(`${this.file.path} is damaged at ${intact}`)
      for (let position = syncedSize; position < size; position += REWRITE_CHUNK) {
        const bytes = Buffer.allocUnsafe(Math.min(REWRITE_CHUNK, size - position))
        await file.read(bytes, position)
        await file.write([bytes], position)
      }
    })
    this.doubt = undefined
  }
}
