import type { Socket } from 'node:net'
import type { BlockPool } from '../log/block-pool.ts'

/** As much as is handed to the socket at a time: what it has taken can be told from what it has not at this grain. */
const SLICE_BYTES = 1024 * 1024
/** Answers that are together no longer than this are sooner copied than handed to the socket one by one. */
const JOIN_BYTES = 4096

/**
 * Answers on their way to one client. The socket is given a slice at a time, so that a client which takes its answers
 * slowly can be told from one that does not take them at all.
 */
export class SendQueue {
  private readonly socket: Socket
  private readonly blocks: BlockPool
  private readonly onSent: (bytes: number) => void
  private queue: Buffer[] = []
  private queuedBytes = 0
  private unsentBytes = 0
  /** Bytes ever pushed. */
  private pushedBytes = 0
  /** Parts of blocks to be given back, and how much has been pushed with each of them. */
  private readonly lent: { readonly buffer: Buffer; readonly upTo: number }[] = []

  /** `onSent` hears how many bytes the operating system has taken. */
  constructor(socket: Socket, blocks: BlockPool, onSent: (bytes: number) => void) {
    this.socket = socket
    this.blocks = blocks
    this.onSent = onSent
    socket.on('drain', this.settle)
  }

  /** Bytes that the operating system has not taken. */
  get unsent(): number {
    return this.unsentBytes
  }

  /** The buffers, of so many bytes together, must not change any more. */
  push(buffers: readonly Buffer[], bytes: number): void {
    for (const buffer of bytes > JOIN_BYTES ? buffers : this.joined(buffers, bytes)) {
      this.unsentBytes += buffer.length
      this.queuedBytes += buffer.length
      this.queue.push(buffer)
      this.pushedBytes += buffer.length
      if (this.blocks.isLent(buffer)) this.lent.push({ buffer, upTo: this.pushedBytes })
    }
    this.settle()
  }

  private joined(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
    if (buffers.length < 2) return buffers
    const all = [Buffer.concat(buffers, bytes)]
    for (const buffer of buffers) this.blocks.giveBack(buffer)
    return all
  }

  private readonly settle = (): void => {
    while (this.queue.length > 0 && this.socket.writableLength === 0) this.write(this.nextSlice())
    const unsent = this.queuedBytes + this.socket.writableLength
    const sent = this.unsentBytes - unsent
    this.unsentBytes = unsent
    while (this.lent.length > 0 && this.lent[0]!.upTo <= this.pushedBytes - unsent) {
      this.blocks.giveBack(this.lent.shift()!.buffer)
    }
    if (sent > 0) this.onSent(sent)
  }

  private nextSlice(): Buffer[] {
    if (this.queuedBytes <= SLICE_BYTES) {
      const all = this.queue
      this.queue = []
      this.queuedBytes = 0
      return all
    }
    const slice: Buffer[] = []
    let room = SLICE_BYTES
    let i = 0
    for (; this.queue[i]!.length <= room; i++) {
      slice.push(this.queue[i]!)
      room -= this.queue[i]!.length
    }
    const cut = this.queue[i]!
    if (room > 0) slice.push(cut.subarray(0, room))
    this.queue = [cut.subarray(room), ...this.queue.slice(i + 1)]
    this.queuedBytes -= SLICE_BYTES
    return slice
  }

  /** All of it in one system call. */
  private write(slice: readonly Buffer[]): void {
    const last = slice.length - 1
    if (last > 0) this.socket.cork()
    for (let i = 0; i < last; i++) this.socket.write(slice[i]!)
    // A socket that was given little does not say that it has drained, but it calls back.
    this.socket.write(slice[last]!, this.settle)
    if (last > 0) this.socket.uncork()
  }
}
