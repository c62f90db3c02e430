import type { ShopEvent } from '#libs/contracts'
import { type Fingerprint, fingerprint, Stages } from '#libs/streams'
import { type Change, ChunkedLog } from './chunked-log.ts'
import { stepsOf } from './measures.ts'
import { pack, unpack } from './seen-events.ts'
import { topology } from './topology.ts'

/** A purchase that is known to have converted now: it counts in its own window. */
export interface Conversion {
  readonly time: number
  readonly sku: string
  readonly country: string
  readonly device: string
}

const { stages, within } = topology.conversion
/** For so long an event can be part of a way that somebody still completes. */
const REMEMBERED_MS = within * stages.length
const COLUMNS = 5
const SEPARATOR = '|'
const NONE: readonly Conversion[] = []

/** The join of views, baskets and checkouts of a session and product, with what the changelog is to know of it. */
export class Conversions {
  readonly #stages = new Stages(stages.length, within)
  readonly #log = new ChunkedLog('join')
  /** Products, countries and devices that were seen together: as many as there are, whatever comes. */
  readonly #tags: string[] = []
  readonly #tagNumbers = new Map<string, Map<string, Map<string, number>>>()
  readonly #key: Fingerprint = { high: 0, low: 0 }
  /** Since the last flush: the base time, tags, and of each step its columns. */
  #base = 0
  #newest = 0
  #rows: number[] = []

  get entries(): number {
    return this.#stages.size
  }

  add(event: ShopEvent): readonly Conversion[] {
    const { session, time, country, device } = event
    let conversions = NONE
    for (const { stage, sku } of stepsOf(event)) {
      const { high, low } = fingerprint(sku, this.#key, fingerprint(session, this.#key).low)
      const tag = this.#tag(sku, country, device)
      this.#note(high, low, stage, time, tag)
      const completed = this.#stages.add({ high, low, stage, time, tag })
      if (completed.length > 0)
        conversions = [...conversions, ...completed.map((done) => this.#conversion(done.time, done.tag))]
    }
    return conversions
  }

  flush(horizon: number): Change[] {
    const rows = this.#rows
    this.forgetBefore(horizon)
    const forgotten = this.#log.forget(horizon - REMEMBERED_MS)
    if (rows.length === 0) return forgotten
    // Tags are numbered within the chunk.
    const used = new Map<number, number>()
    for (let i = COLUMNS - 1; i < rows.length; i += COLUMNS) {
      if (!used.has(rows[i]!)) used.set(rows[i]!, used.size)
      rows[i] = used.get(rows[i]!)!
    }
    const tags = Array.from(used.keys(), (tag) => this.#tags[tag]!)
    const change = this.#log.add([this.#base, tags, pack(rows)], this.#newest)
    this.#rows = []
    return [change, ...forgotten]
  }

  /** What the changelog needs not be told. */
  forgetBefore(horizon: number): void {
    this.#stages.forgetBefore(horizon)
  }

  /** False when the change is about something else. */
  restore(change: Change): boolean {
    if (!this.#log.owns(change.key)) return false
    const chunk = this.#log.restore(change) as [number, string[], string] | undefined
    if (chunk === undefined) return true
    const [base, tags, packed] = chunk
    const rows = unpack(packed)
    for (let i = 0; i < rows.length; i += COLUMNS) {
      const [high, low, stage, delta, tag] = rows.subarray(i, i + COLUMNS) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ]
      // What this completes was told before it was written.
      const [sku, country, device] = partsOf(tags[tag]!)
      this.#stages.add({ high, low, stage, time: base + delta, tag: this.#tag(sku, country, device) })
    }
    return true
  }

  #note(high: number, low: number, stage: number, time: number, tag: number): void {
    if (this.#rows.length === 0) this.#base = this.#newest = time
    this.#newest = Math.max(this.#newest, time)
    this.#rows.push(high, low, stage, time - this.#base, tag)
  }

  /** To look three times is faster than to make one text of three. */
  #tag(sku: string, country: string, device: string): number {
    const known = this.#tagNumbers.get(sku)?.get(country)?.get(device)
    if (known !== undefined) return known
    const tag = this.#tags.push([sku, country, device].join(SEPARATOR)) - 1
    const countries = this.#tagNumbers.get(sku) ?? new Map<string, Map<string, number>>()
    const devices = countries.get(country) ?? new Map<string, number>()
    this.#tagNumbers.set(sku, countries.set(country, devices.set(device, tag)))
    return tag
  }

  #conversion(time: number, tag: number): Conversion {
    const [sku, country, device] = partsOf(this.#tags[tag]!)
    return { time, sku, country, device }
  }
}

const partsOf = (tag: string) => tag.split(SEPARATOR) as [sku: string, country: string, device: string]
