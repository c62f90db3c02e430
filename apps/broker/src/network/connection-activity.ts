/** While memory is short, who holds some of it must move this much in this time. */
const SLOW_MS = 10_000
const SLOW_BYTES = 640 * 1024

/** When something last happened on a connection, and how much. */
export class ConnectionActivity {
  /** Milliseconds of the steady clock. */
  private lastReceived: number
  private lastSent: number
  /** When the frame began that is not complete. */
  private frameBegan = 0
  /** Bytes received and sent. */
  private moved = 0
  private mark: { readonly at: number; readonly moved: number } | undefined

  constructor(private readonly now: () => number) {
    this.lastReceived = now()
    this.lastSent = this.lastReceived
  }

  received(bytes: number, isInFrame: boolean): void {
    this.lastReceived = this.now()
    if (!isInFrame) this.frameBegan = this.lastReceived
    this.moved += bytes
  }

  /** What comes next is of another frame. */
  frameEnded(): void {
    this.frameBegan = this.lastReceived
  }

  /** There is something to send, after there was nothing. */
  beginsToSend(): void {
    this.lastSent = this.now()
  }

  sent(bytes: number): void {
    this.lastSent = this.now()
    this.moved += bytes
  }

  /** Nothing has happened for so long that the client should have done, or it takes that long for one frame. */
  isIdle(forMs: number, unanswered: number, unfinishedBytes: number, unsentBytes: number): boolean {
    const before = this.now() - forMs
    if (unsentBytes > 0) return this.lastSent < before
    if (unanswered > 0) return false
    return this.lastReceived < before || (unfinishedBytes > 0 && this.frameBegan < before)
  }

  /** Asked again and again while memory is short: it `holdsMemory`, and has hardly moved since it was first asked. */
  isTooSlow(holdsMemory: boolean): boolean {
    const now = this.now()
    if (!holdsMemory) this.mark = undefined
    else if (this.mark === undefined || now - this.mark.at >= SLOW_MS) {
      const isTooSlow = this.mark !== undefined && this.moved - this.mark.moved < SLOW_BYTES
      this.mark = { at: now, moved: this.moved }
      return isTooSlow
    }
    return false
  }
}
