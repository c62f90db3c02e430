import { MalformedError } from './reader.ts'

/** What precedes every request. */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

const LENGTH_BYTES = 4
const CRUMB_BYTES = 4096
const MAX_CRUMBS = 256
/** Larger frames are put together while they arrive, so that they are not in memory twice at the end. */
const LARGE_BYTES = 4 * 1024 * 1024

/**
 * Cuts a byte stream into frames: int32 length, then that many bytes. A length that is not positive or above the limit
 * is refused before anything is kept for it ("GET " would announce 1.2 GB), and memory grows with the bytes that have
 * really arrived, not with the length they announce.
 */
export class FrameParser {
  /** Of a frame; it may change while frames arrive. */
  maxBytes: number
  /** Pieces of the frame that is not complete, its length included. */
  private pending: Buffer[] = []
  /** Takes the place of the pieces once a quarter of a large frame has arrived. */
  private whole: Buffer | undefined
  private pendingBytes = 0
  /** Of the frame that is not complete and its length; undefined as long as that has not arrived. */
  private wanted: number | undefined
  /** Pieces at the end of `pending` that are very small. */
  private crumbs = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /**
   * Calls `onFrame` with every frame completed by `chunk`; a frame that lies within one chunk is a view of it, any other
   * has memory of its own.
   */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let at = this.pendingBytes > 0 ? this.continue(chunk, onFrame) : 0
    while (chunk.length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + this.checked(chunk.readInt32BE(at))
      if (end > chunk.length) break
      onFrame(chunk.subarray(at + LENGTH_BYTES, end))
      at = end
    }
    if (at === chunk.length) return
    this.keep(chunk.subarray(at))
    if (this.pendingBytes >= LENGTH_BYTES) this.wanted = this.announced()
  }

  /** Bytes of a frame that is not complete. */
  get unfinished(): number {
    return this.pendingBytes
  }

  /** Drops what has been received. */
  clear(): void {
    this.pending = []
    this.pendingBytes = 0
    this.wanted = undefined
    this.whole = undefined
    this.crumbs = 0
  }

  /** Adds to the frame that is not complete what `chunk` has of it, and returns how much that is. */
  private continue(chunk: Buffer, onFrame: (frame: Buffer) => void): number {
    let used = 0
    if (this.wanted === undefined) {
      used = Math.min(LENGTH_BYTES - this.pendingBytes, chunk.length)
      this.keep(chunk.subarray(0, used))
      if (this.pendingBytes < LENGTH_BYTES) return used
      this.wanted = this.announced()
    }
    const end = Math.min(used + this.wanted - this.pendingBytes, chunk.length)
    if (end > used) this.keep(chunk.subarray(used, end))
    if (this.pendingBytes < this.wanted) {
      if (this.wanted > LARGE_BYTES && this.pendingBytes * 4 > this.wanted) this.assemble(this.wanted)
      return end
    }
    const frame = this.whole ?? together(this.pending, this.pendingBytes)
    this.clear()
    onFrame(frame.subarray(LENGTH_BYTES))
    return end
  }

  /** A frame that trickles in byte by byte must not cost a hundred bytes for each, so crumbs are put together. */
  private keep(piece: Buffer): void {
    if (this.whole !== undefined) {
      piece.copy(this.whole, this.pendingBytes)
      this.pendingBytes += piece.length
      return
    }
    this.pending.push(piece)
    this.pendingBytes += piece.length
    this.crumbs = piece.length < CRUMB_BYTES ? this.crumbs + 1 : 0
    if (this.crumbs < MAX_CRUMBS) return
    const loaf = Buffer.concat(this.pending.splice(-MAX_CRUMBS))
    this.pending.push(loaf)
    this.crumbs = loaf.length < CRUMB_BYTES ? 1 : 0
  }

  private assemble(bytes: number): void {
    if (this.whole !== undefined) return
    this.whole = together(this.pending, bytes)
    this.pending = []
    this.crumbs = 0
  }

  private announced(): number {
    if (this.pending[0]!.length < LENGTH_BYTES) this.pending = [Buffer.concat(this.pending, this.pendingBytes)]
    return LENGTH_BYTES + this.checked(this.pending[0]!.readInt32BE(0))
  }

  private checked(length: number): number {
    if (length <= 0 || length > this.maxBytes) throw new MalformedError(`a frame cannot be ${length} bytes long`)
    return length
  }
}

/** In memory of its own, which whoever is done with the frame may free. */
function together(pieces: readonly Buffer[], bytes: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  for (const piece of pieces) at += piece.copy(whole, at)
  return whole
}
