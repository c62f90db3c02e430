const LENGTH_BYTES = 4
/** Less than this is not worth being kept account of, however much of it there is: a frame may come byte by byte. */
const MIN_BYTES = 4096
/** A large frame is put together while it arrives, and then is not to be in memory twice. */
const MAX_CHUNKS = 128

interface Chunk {
  readonly memory: ArrayBuffer
  /** In the stream of all that was received. */
  readonly end: number
  isKept: boolean
}

/**
 * The memory in which one client's requests arrive. Node makes a buffer for each read, and bytes in buffers count as
 * memory for the garbage collector, which beside a small heap then has much more to do than the broker itself. So what
 * nobody uses any more is freed as soon as the request is answered; what is not, the collector finds.
 */
export class ReceivedMemory {
  /** In the order of arrival, those that hold bytes of requests that are not answered. */
  private readonly chunks: Chunk[] = []
  private received = 0
  private answered = 0

  add(chunk: Buffer): void {
    this.received += chunk.length
    // What is only a part of some memory belongs to somebody else.
    if (chunk.length < MIN_BYTES || chunk.length < chunk.buffer.byteLength) return
    this.chunks.push({ memory: chunk.buffer as ArrayBuffer, end: this.received, isKept: false })
    if (this.chunks.length > MAX_CHUNKS) this.chunks.shift()
  }

  /** The oldest request is answered. If it `isKept` somebody still has parts of it. */
  finish(frame: Buffer, isKept: boolean): void {
    this.answered += LENGTH_BYTES + frame.length
    if (isKept) this.keepAnswered()
    else if (isAlone(frame)) free(frame.buffer as ArrayBuffer)
    while (this.chunks.length > 0 && this.chunks[0]!.end <= this.answered) {
      const { memory, isKept } = this.chunks.shift()!
      if (!isKept) free(memory)
    }
  }

  private keepAnswered(): void {
    for (const chunk of this.chunks) {
      chunk.isKept = true
      if (chunk.end >= this.answered) return
    }
  }
}

/** Put together from several chunks, it has memory of its own. */
const isAlone = ({ byteOffset, length, buffer }: Buffer): boolean =>
  byteOffset === LENGTH_BYTES && byteOffset + length === buffer.byteLength

function free(memory: ArrayBuffer): void {
  if (!memory.detached) memory.transfer(0)
}
