import { TokenBuckets } from '../rate-limits/token-buckets.ts'
import type { Refusal } from './refusal.ts'

/** An entry of the audit trail. */
export interface RefusedDeed {
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: string
}

/** Who puts entries on record; the same key again is the same entries. Rejects when that is not certain. */
export type Keep = (deeds: readonly RefusedDeed[], key: string) => Promise<void>

interface Equal {
  readonly first: Refusal
  last: number
  times: number
}

/** Different ones that wait to be written; what is more is counted. */
const MOST_WAITING = 100
/** Entries of one who is refused, and of all: a flood of refusals must not fill a table that nothing is deleted from. */
const OF_ONE = { requests: 20, seconds: 3_600 }
const OF_ALL = { requests: 600, seconds: 3_600 }
/** How often what was only counted is an entry. Milliseconds. */
const BETWEEN_SUMS_MS = 60_000

/**
 * Brings refusals to the audit trail, in batches. Equal ones (who, what, why) of a batch are one entry that says how many;
 * one caller has 20 entries an hour and all together 600, and whatever is beyond that is in a sum, once a minute. What is not
 * written yet when the process dies is lost; the log has it.
 */
export class RefusalTrail {
  #waiting = new Map<string, Equal>()
  #counted = new Map<string, number>()
  #summedAt = Number.NEGATIVE_INFINITY
  /** What nobody has taken yet, and under which key it is offered again. */
  #offered: { readonly deeds: readonly RefusedDeed[]; readonly key: string } | undefined
  readonly #ofOne: TokenBuckets
  readonly #ofAll: TokenBuckets

  constructor(
    private readonly keep: Keep,
    private readonly newKey: () => string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#ofOne = new TokenBuckets(OF_ONE, now)
    this.#ofAll = new TokenBuckets(OF_ALL, now)
  }

  add(refusal: Refusal): void {
    const { actor, action, kind } = refusal
    const equal = this.#waiting.get(`${actor} ${action} ${kind}`)
    if (equal !== undefined) {
      equal.times++
      equal.last = refusal.at
    } else if (this.#waiting.size < MOST_WAITING)
      this.#waiting.set(`${actor} ${action} ${kind}`, { first: refusal, last: refusal.at, times: 1 })
    else this.#count(kind, 1)
  }

  /** Rejects when nobody took it; it is offered again the next time. */
  async flush(): Promise<void> {
    this.#offered ??= this.#nextBatch()
    if (this.#offered === undefined) return
    await this.keep(this.#offered.deeds, this.#offered.key)
    this.#offered = undefined
  }

  #nextBatch(): { deeds: RefusedDeed[]; key: string } | undefined {
    const deeds: RefusedDeed[] = []
    for (const equal of this.#waiting.values()) {
      const mayBeWritten = this.#ofOne.take(equal.first.actor).isLetIn && this.#ofAll.take('all').isLetIn
      if (mayBeWritten) deeds.push(deedOf(equal))
      else this.#count(equal.first.kind, equal.times)
    }
    this.#waiting.clear()
    if (this.#counted.size > 0 && this.now() - this.#summedAt >= BETWEEN_SUMS_MS) {
      deeds.push(sumOf(this.#counted))
      this.#counted = new Map()
      this.#summedAt = this.now()
    }
    return deeds.length === 0 ? undefined : { deeds, key: this.newKey() }
  }

  /** Kinds are ours, and few. */
  #count(kind: string, times: number): void {
    this.#counted.set(kind, (this.#counted.get(kind) ?? 0) + times)
  }
}

const deedOf = ({ first, last, times }: Equal): RefusedDeed => {
  const { actor, action, target, kind, detail, at } = first
  const when = times === 1 ? `at ${instant(at)}` : `${times} times from ${instant(at)} to ${instant(last)}, first so`
  return { actor, action, target, detail: `${kind} ${when}: ${detail}` }
}

const sumOf = (counted: ReadonlyMap<string, number>): RefusedDeed => ({
  ...{ actor: 'several', action: 'write', target: '/' },
  detail: `more than is kept one by one: ${[...counted].map(([kind, times]) => `${times} × ${kind}`).join(', ')}`,
})

const instant = (ms: number): string => new Date(ms).toISOString()
