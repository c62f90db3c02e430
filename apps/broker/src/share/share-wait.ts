import type { RequestContext } from '../handler.ts'

/** The wait of one request for records: it ends with its time, with its connection, and is woken by what it watches. */
export class ShareWait {
  isOver: boolean
  isGone = false
  private hasChanged = false
  private resume: (() => void) | undefined
  private readonly removals: (() => void)[] = []

  constructor({ broker, onClose }: RequestContext, maxWaitMs: number) {
    this.isOver = maxWaitMs <= 0
    const over = () => {
      this.isOver = true
      this.wake()
    }
    if (!this.isOver) this.removals.push(broker.clock.after(maxWaitMs, over))
    this.removals.push(
      onClose(() => {
        this.isGone = true
        over()
      }),
    )
  }

  watch(subscribe: (wake: () => void) => () => void): void {
    this.removals.push(subscribe(() => this.wake()))
  }

  /** What changes from here on is looked at again. */
  begin(): void {
    this.hasChanged = false
  }

  /** Resolves when something has changed since `begin`. Changes of one turn are one. */
  async change(): Promise<void> {
    if (!this.hasChanged) await new Promise<void>((resolve) => (this.resume = resolve))
    this.resume = undefined
  }

  end(): void {
    for (const remove of this.removals) remove()
  }

  private wake(): void {
    this.hasChanged = true
    if (this.resume !== undefined) queueMicrotask(this.resume)
  }
}
