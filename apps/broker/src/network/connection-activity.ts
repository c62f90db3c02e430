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

  hasSentSince(time: number): boolean {
    return this.lastSent >= time
  }

  hasReceivedSince(time: number): boolean {
    return this.lastReceived >= time
  }

  hasBegunFrameSince(time: number): boolean {
    return this.frameBegan >= time
  }

  /** Asked again and again while memory is short, of one who holds some: it has hardly moved since it was first asked. */
  isTooSlow(): boolean {
    const now = this.now()
    if (this.mark !== undefined && now - this.mark.at < SLOW_MS) return false
    const isTooSlow = this.mark !== undefined && this.moved - this.mark.moved < SLOW_BYTES
    this.mark = { at: now, moved: this.moved }
    return isTooSlow
  }

  /** It holds nothing now: when it is asked again that is the first time. */
  holdsNothing(): void {
    this.mark = undefined
  }
}
