import type { Clock } from '../clock.ts'

/** A client that has used too much is left alone for a while; what it sends then waits in its socket. */
export class Throttle {
  private prevent: (() => void) | undefined
  private until = 0

  constructor(
    private readonly clock: Clock,
    private readonly onEnd: () => void,
  ) {}

  get isActive(): boolean {
    return this.prevent !== undefined
  }

  /** From now on for so long, unless it is for longer already. */
  begin(ms: number): void {
    const until = this.clock.steady() + ms
    if (ms <= 0 || (this.isActive && until <= this.until)) return
    this.prevent?.()
    this.until = until
    this.prevent = this.clock.after(ms, () => {
      this.prevent = undefined
      this.onEnd()
    })
  }

  /** The client is gone. */
  cancel(): void {
    this.prevent?.()
    this.prevent = undefined
  }
}
