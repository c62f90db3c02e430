import type { Clock } from './clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Time that stands still until a test lets it pass, and a wall clock that a test may set. */
export class ManualClock implements Clock {
  private time: number
  private wallAhead = 0
  private readonly timers = new Set<Timer>()

  constructor(now = 1_700_000_000_000) {
    this.time = now
  }

  readonly now = (): number => this.time + this.wallAhead

  readonly steady = (): number => this.time

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { at: this.time + Math.max(0, ms), callback }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  /** Timers that have neither rung nor been cancelled. */
  get pending(): number {
    return this.timers.size
  }

  /** Sets the wall clock forward, or back by a negative number; no time passes. */
  step(ms: number): void {
    this.wallAhead += ms
  }

  /** Lets so much time pass, ringing on the way what is due. */
  pass(ms: number): void {
    const end = this.time + ms
    while (this.ringNext(end));
    this.time = end
  }

  /** Passes on to the next timer; false when there is none. */
  ringNext(until = Infinity): boolean {
    let next: Timer | undefined
    for (const timer of this.timers) if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer
    if (next === undefined) return false
    this.timers.delete(next)
    this.time = Math.max(this.time, next.at)
    next.callback()
    return true
  }
}
