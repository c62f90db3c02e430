import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

/** Above so many messages a second the live feed is busy. */
const BUSY_PER_SECOND = 50
/** The part of its time that a rebuild may work while the live feed is busy. */
const SHARE = 0.1
/** The longest pause that this leads to, milliseconds. */
const LONGEST_PAUSE_MS = 5_000
/** For so long it holds the event loop, milliseconds. */
const SLICE_MS = 5

/**
 * How much a rebuild may take from the live feed of its process: at rest all there is, in slices that nobody notices; a
 * tenth of the time while the live feed is busy, whatever it spends it on, the database's work included.
 */
export class Pace {
  #sliceAt = performance.now()

  constructor(private readonly fedPerSecond: () => number) {}

  get isBusy(): boolean {
    return this.fedPerSecond() > BUSY_PER_SECOND
  }

  /** To be asked often: whether it is time to let others have their turn. */
  get isDue(): boolean {
    return performance.now() - this.#sliceAt > SLICE_MS
  }

  async breathe(): Promise<void> {
    await turn()
    this.#sliceAt = performance.now()
  }

  /** After a piece of work that took so long. */
  async rest(workedMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isBusy) return
    const pauseMs = Math.min(LONGEST_PAUSE_MS, (workedMs * (1 - SHARE)) / SHARE)
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
    this.#sliceAt = performance.now()
  }
}
