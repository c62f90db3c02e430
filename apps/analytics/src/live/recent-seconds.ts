import { MINUTE } from '#libs/streams'
import type { Pane } from '../domain/pane.ts'

const LONGEST_MS = 2 * MINUTE

/** The panes of one second, of its partitions. */
export interface RecentSecond {
  /** Milliseconds since 1970. */
  readonly start: number
  readonly panes: readonly Pane[]
}

/** The newest pane of each second and partition, of two minutes: one takes the place of the one before. */
export class RecentSeconds {
  readonly #seconds = new Map<number, Map<number, Pane>>()
  readonly #changed = new Set<number>()
  #newest = 0

  /** What is past its time is passed over. */
  put(start: number, partition: number, pane: Pane): void {
    if (start <= this.#newest - LONGEST_MS) return
    this.#newest = Math.max(this.#newest, start)
    const second = this.#seconds.get(start) ?? new Map<number, Pane>()
    this.#seconds.set(start, second.set(partition, pane))
    this.#changed.add(start)
    for (const old of this.#seconds.keys()) if (old <= this.#newest - LONGEST_MS) this.#seconds.delete(old)
  }

  /** The seconds that have changed since the last look, in order. */
  changed(): RecentSecond[] {
    const changed = this.all().filter(({ start }) => this.#changed.has(start))
    this.#changed.clear()
    return changed
  }

  /** Everything that is known, in order. */
  all(): RecentSecond[] {
    return Array.from(this.#seconds, ([start, partitions]) => ({ start, panes: [...partitions.values()] })).sort(
      (a, b) => a.start - b.start,
    )
  }

  /** The last minute up to the newest second. */
  minute(): Pane[] {
    return this.all().flatMap(({ start, panes }) => (start > this.#newest - MINUTE ? panes : []))
  }
}
