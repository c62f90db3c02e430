import { MalformedError } from './reader.ts'

/** What precedes every request. */
export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
}

const CRUMB_BYTES = 4096
const MAX_CRUMBS = 256

/**
 * Cuts a byte stream into frames: int32 length, then that many bytes. A length that is not positive or above the limit
 * is refused before anything is kept for it ("GET " would announce 1.2 GB), and memory grows with the bytes that have
 * really arrived, not with the length they announce.
 */
export class FrameParser {
  private readonly maxBytes: number
  private pending: Buffer[] = []
  private pendingBytes = 0
  /** Pieces at the end of `pending` that are very small. */
  private crumbs = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Calls `onFrame` with every frame completed by `chunk`; a frame that lies within one chunk is a view of it. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    let rest = chunk
    if (this.pendingBytes > 0) {
      this.keep(chunk)
      if (this.pendingBytes < 4) return
      if (this.pendingBytes < 4 + this.announced()) return
      rest = Buffer.concat(this.pending, this.pendingBytes)
      this.clear()
    }
    let at = 0
    while (rest.length - at >= 4) {
      const length = this.checked(rest.readInt32BE(at))
      if (rest.length - at - 4 < length) break
      onFrame(rest.subarray(at + 4, at + 4 + length))
      at += 4 + length
    }
    if (at < rest.length) this.keep(rest.subarray(at))
  }

  /** Bytes of a frame that is not complete. */
  get unfinished(): number {
    return this.pendingBytes
  }

  /** Drops what has been received. */
  clear(): void {
    this.pending = []
    this.pendingBytes = 0
    this.crumbs = 0
  }

  /** A frame that trickles in byte by byte must not cost a hundred bytes for each, so crumbs are put together. */
  private keep(chunk: Buffer): void {
    this.pending.push(chunk)
    this.pendingBytes += chunk.length
    this.crumbs = chunk.length < CRUMB_BYTES ? this.crumbs + 1 : 0
    if (this.crumbs < MAX_CRUMBS) return
    const loaf = Buffer.concat(this.pending.splice(-MAX_CRUMBS))
    this.pending.push(loaf)
    this.crumbs = loaf.length < CRUMB_BYTES ? 1 : 0
  }

  private announced(): number {
    const first = this.pending[0]!
    if (first.length < 4) this.pending = [Buffer.concat(this.pending, this.pendingBytes)]
    return this.checked(this.pending[0]!.readInt32BE(0))
  }

  private checked(length: number): number {
    if (length <= 0 || length > this.maxBytes) throw new MalformedError(`a frame cannot be ${length} bytes long`)
    return length
  }
}
