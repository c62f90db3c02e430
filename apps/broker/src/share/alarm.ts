import type { Clock } from '../clock.ts'

/** Something with deadlines that mostly move away: an alarm that rings early looks again instead of being moved each time. */
export class Alarm {
  private at = Infinity
  private cancel = () => {}

  constructor(
    private readonly clock: Clock,
    /** On the steady clock; Infinity when nothing is due. */
    private readonly nextDeadline: () => number,
    private readonly ring: () => void,
    /** Nothing is due any more. */
    private readonly onIdle: () => void,
  ) {}

  /** To be called when the deadline may have come nearer. */
  update(): void {
    const next = this.nextDeadline()
    if (this.at <= next) return
    this.cancel()
    this.at = next
    if (next === Infinity) return
    this.cancel = this.clock.after(next - this.clock.steady(), () => {
      this.at = Infinity
      if (this.nextDeadline() <= this.clock.steady()) this.ring()
      this.update()
      if (this.at === Infinity) this.onIdle()
    })
  }

  stop(): void {
    this.cancel()
    this.at = Infinity
  }
}
