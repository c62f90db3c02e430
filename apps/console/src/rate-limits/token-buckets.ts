/** So many requests at once, and as many again in so many seconds. */
export interface Quota {
  readonly requests: number
  readonly seconds: number
}

export interface Taken {
  readonly isLetIn: boolean
  /** Requests that would be let in right now. */
  readonly remaining: number
  /** Until there is one more of them; at least 1. */
  readonly nextInS: number
}

/** What a busy day brings; some 100 bytes each. */
const MOST_IDENTITIES = 10_000
/** Adding up fractions of milliseconds must not cost anybody the request that is due. */
const ROUNDING_MS = 1e-6

/**
 * A token bucket for each identity. A bucket is kept as the instant at which it will be full again (GCRA): one number, and
 * none for a full one. Beyond `most` identities the one that has not been here for longest is forgotten, and begins with a
 * full bucket if it comes back: whoever has that many addresses is not held by a limit of each anyway.
 */
export class TokenBuckets {
  /** The one that was here last is last. */
  readonly #fullAt = new Map<string, number>()
  /** Kept, for a new one passes by all that were taken away: some 40 times what all else here costs. */
  readonly #oldest = this.#fullAt.keys()

  constructor(
    readonly quota: Quota,
    private readonly now: () => number = () => performance.now(),
    private readonly most = MOST_IDENTITIES,
  ) {}

  take(identity: string): Taken {
    const now = this.now()
    const windowMs = this.quota.seconds * 1_000
    const perRequestMs = windowMs / this.quota.requests
    const before = Math.max(this.#fullAt.get(identity) ?? now, now)
    const isLetIn = before + perRequestMs <= now + windowMs + ROUNDING_MS
    const fullAt = isLetIn ? before + perRequestMs : before
    this.#keep(identity, fullAt)
    const leftMs = now + windowMs - fullAt
    const remaining = Math.max(0, Math.floor((leftMs + ROUNDING_MS) / perRequestMs))
    const nextInMs = (remaining + 1) * perRequestMs - leftMs
    return { isLetIn, remaining, nextInS: Math.max(1, Math.ceil((nextInMs - ROUNDING_MS) / 1_000)) }
  }

  get size(): number {
    return this.#fullAt.size
  }

  #keep(identity: string, fullAt: number): void {
    if (!this.#fullAt.delete(identity) && this.#fullAt.size >= this.most)
      this.#fullAt.delete(this.#oldest.next().value!)
    this.#fullAt.set(identity, fullAt)
  }
}
