import type { Channel } from './domain/channels.ts'

/**
 * What a provider said of its limits holds for everything that goes there, so all of this process wait until then; who
 * comes back is spread over a while, since the provider has room for few of them.
 */
export class Throttles {
  readonly #until = new Map<Channel, number>()

  constructor(
    private readonly now: () => number = Date.now,
    private readonly random: () => number = Math.random,
  ) {}

  /** A provider wants to be left alone for so many milliseconds; answers when this message is to be tried. */
  hold(channel: Channel, retryAfterMs: number): Date {
    this.#until.set(channel, Math.max(this.#until.get(channel) ?? 0, this.now() + retryAfterMs))
    return this.#later(this.#until.get(channel)!)
  }

  /** When to try; undefined: now. */
  heldUntil(channel: Channel): Date | undefined {
    const until = this.#until.get(channel) ?? 0
    return until > this.now() ? this.#later(until) : undefined
  }

  #later(until: number): Date {
    const wait = Math.max(SPREAD_MS, until - this.now())
    return new Date(until + this.random() * wait)
  }
}

/** Of one that need not wait long, milliseconds. */
const SPREAD_MS = 250
