import type { Socket } from 'node:net'

/** As much as is handed to the socket at a time: what it has taken can be told from what it has not at this grain. */
const SLICE_BYTES = 1024 * 1024

/**
 * Answers on their way to one client. The socket is given a slice at a time, so that a client which takes its answers
 * slowly can be told from one that does not take them at all.
 */
export class SendQueue {
  private readonly socket: Socket
  private readonly onSent: (bytes: number) => void
  private readonly queue: Buffer[] = []
  private queuedBytes = 0
  private unsentBytes = 0

  /** `onSent` hears how many bytes the operating system has taken. */
  constructor(socket: Socket, onSent: (bytes: number) => void) {
    this.socket = socket
    this.onSent = onSent
    socket.on('drain', this.settle)
  }

  /** Bytes that the operating system has not taken. */
  get unsent(): number {
    return this.unsentBytes
  }

  /** The buffers must not change any more. */
  push(buffers: readonly Buffer[]): void {
    for (const buffer of buffers) {
      this.unsentBytes += buffer.length
      this.queuedBytes += buffer.length
      this.queue.push(buffer)
    }
    this.settle()
  }

  private readonly settle = (): void => {
    while (this.queue.length > 0 && this.socket.writableLength === 0) this.write(this.nextSlice())
    const unsent = this.queuedBytes + this.socket.writableLength
    const sent = this.unsentBytes - unsent
    this.unsentBytes = unsent
    if (sent > 0) this.onSent(sent)
  }

  private nextSlice(): Buffer[] {
    const slice: Buffer[] = []
    let room = SLICE_BYTES
    for (const [i, buffer] of this.queue.entries()) {
      if (buffer.length > room) {
        if (room > 0) slice.push(buffer.subarray(0, room))
        this.queue[i] = buffer.subarray(room)
        this.queue.splice(0, i)
        this.queuedBytes -= SLICE_BYTES
        return slice
      }
      slice.push(buffer)
      room -= buffer.length
    }
    this.queue.length = 0
    this.queuedBytes = 0
    return slice
  }

  /** All of it in one system call. */
  private write(slice: readonly Buffer[]): void {
    if (slice.length > 1) this.socket.cork()
    // A socket that was given little does not say that it has drained, but it calls back.
    for (const [i, buffer] of slice.entries())
      this.socket.write(buffer, i === slice.length - 1 ? this.settle : undefined)
    if (slice.length > 1) this.socket.uncork()
  }
}
