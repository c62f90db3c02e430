import { setImmediate as turn } from 'node:timers/promises'

/** Some milliseconds of work: so many records, or what is to be told of them. */
const MOST = 250

/**
 * Work in slices, between which the rest of the process has a turn: who asks it something while a backlog is worked off is answered, and
 * heartbeats leave in time, however much of it was fetched at once. One for each who works, over all of its lists.
 */
export class Slices {
  #worked = 0

  /** The items in order, some at a time; `weigh` says how much work each is, in records. */
  async *of<Item>(items: readonly Item[], weigh: (item: Item) => number = () => 1): AsyncGenerator<readonly Item[]> {
    for (let from = 0, to = 0; from < items.length; from = to) {
      while (to < items.length && this.#worked < MOST) this.#worked += weigh(items[to++]!)
      yield items.slice(from, to)
      if (this.#worked < MOST) continue
      this.#worked = 0
      await turn()
    }
  }
}
