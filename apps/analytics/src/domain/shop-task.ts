import { basketValue, readShopEvent, type ShopEvent } from '#libs/contracts'
import { advance, type Fingerprint, fingerprint, isClosed, NO_WATERMARK, startOf } from '#libs/streams'
import type { Change } from './chunked-log.ts'
import { Conversions } from './conversions.ts'
import { at, type Measure, measure } from './measures.ts'
import {
  addBasket,
  addTo,
  addVisitor,
  emptyPane,
  loadPane,
  type Pane,
  type PaneKind,
  resultKey,
  rowOf,
  sizeOf,
  storePane,
} from './pane.ts'
import { SeenEvents } from './seen-events.ts'
import { topology } from './topology.ts'
import { addVisit } from './visit-sums.ts'
import { Visits } from './visits.ts'

/** A record of `shop-events`. */
export interface EventRecord {
  readonly offset: number
  /** When it arrived, ms since 1970. */
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** What became of the records since the last flush. */
export interface ShopChanges {
  /** Windows whose result is new or corrected: a `PaneResult` in JSON; null when it is forgotten. */
  readonly results: readonly Change[]
  /** Events that no window takes any more, as they were. */
  readonly late: readonly { readonly key: string; readonly value: string; readonly reason: 'late' | 'early' }[]
  readonly changelog: readonly Change[]
}

const { windows, grace, ahead, kept } = topology
const PROGRESS = 'progress'
const PANE = 'pane/'
const CLOSED = 'closed'
const ALL = ''

/**
 * Counts one partition of the shop's events by second. What comes out depends on the records and their order alone: an
 * event is late by the newest event before it in the same partition, not by any clock.
 */
export class ShopTask {
  #watermark = NO_WATERMARK
  readonly #seen = new SeenEvents()
  readonly #conversions = new Conversions()
  readonly #visits = new Visits()
  /** By start. Those that events may still come for, and those whose result is in the topic. */
  readonly #open = new Map<number, Pane>()
  readonly #closed = new Set<number>()
  readonly #dirty = new Set<number>()
  #late: ShopChanges['late'][number][] = []
  readonly #print: Fingerprint = { high: 0, low: 0 }
  /** Behind the last record. */
  #next = 0

  constructor(private readonly partition: number) {}

  get entries(): number {
    let entries = this.#seen.entries + this.#conversions.entries + this.#visits.entries + this.#closed.size
    for (const pane of this.#open.values()) entries += sizeOf(pane)
    return entries
  }

  /** Results that are to be told, and events that were set aside. Old events are of a second of their own each, or nearly so. */
  get pending(): number {
    return this.#dirty.size + this.#late.length
  }

  process(record: EventRecord): void {
    const event = readShopEvent(record.value)
    if (event.type === 'unreadable') this.#refuse(record, 'unreadable')
    else if (this.#isLate(event)) this.#setAside(record, 'late')
    else if (event.time > record.timestamp + ahead) this.#setAside(record, 'early')
    else this.#take(event)
    this.#next = record.offset + 1
  }

  flush(): ShopChanges {
    const hasMoved = this.#dirty.size > 0
    const horizon = this.#watermark - grace
    const results: Change[] = this.#endedVisits()
    const changelog: Change[] = [
      ...this.#seen.flush(horizon),
      ...this.#conversions.flush(horizon),
      ...this.#visits.flush(this.#watermark),
    ]
    for (const start of this.#dirty) {
      // Written down once: the half of what a commit costs here.
      const pane = JSON.stringify(storePane(this.#open.get(start)!))
      results.push(this.#result(start, 'events', pane))
      changelog.push({ key: `${PANE}${start}`, value: pane })
    }
    this.#dirty.clear()
    changelog.push(...this.#close())
    for (const start of this.#forgotten()) {
      for (const kind of ['events', 'visits'] as const)
        results.push({ key: resultKey(this.partition, start, kind), value: null })
      changelog.push({ key: `${PANE}${start}`, value: null })
    }
    if (hasMoved) changelog.push({ key: PROGRESS, value: JSON.stringify({ watermark: this.#watermark }) })
    const late = this.#late
    this.#late = []
    return { results, late, changelog }
  }

  restore(key: string, value: string | null): void {
    const change = { key, value }
    if (key === PROGRESS) this.#restoreProgress(value!)
    else if (key.startsWith(PANE)) this.#restorePane(Number(key.slice(PANE.length)), value)
    else if (!this.#seen.restore(change) && !this.#conversions.restore(change)) this.#visits.restore(change)
  }

  /** A copy that is kept beside the task forgets what the task forgets. */
  #restoreProgress(value: string): void {
    this.#watermark = (JSON.parse(value) as { watermark: number | null }).watermark ?? NO_WATERMARK
    this.#seen.forgetBefore(this.#watermark - grace)
    this.#conversions.forgetBefore(this.#watermark - grace)
    this.#visits.forgetTold(this.#watermark)
  }

  #isLate({ time }: ShopEvent): boolean {
    return isClosed(windows.of(time)[0]! + windows.size, grace, this.#watermark)
  }

  #take(event: ShopEvent): void {
    this.#watermark = advance(this.#watermark, event.time)
    const pane = this.#pane(windows.of(event.time)[0]!)
    if (this.#seen.isNew(fingerprint(event.id, this.#print), event.time)) this.#count(event, pane)
    else addTo(pane, 'all', ALL, 'duplicates', 1)
  }

  #count(event: ShopEvent, pane: Pane): void {
    const { session } = event
    const rows = rowsOf(pane, event)
    measure(event, (measure, amount, sku) => {
      for (const row of rows) row[at[measure]]! += amount
      if (sku !== undefined) addTo(pane, 'product', sku, measure, amount)
    })
    addVisitor(pane, fingerprint(session, this.#print))
    if (event.type === 'checkout' && event.currency === topology.currency) addBasket(pane, basketValue(event))
    pane.newest = Math.max(pane.newest, event.time)
    for (const conversion of this.#conversions.add(event)) this.#convert(conversion)
    this.#visits.add(event, this.#watermark)
  }

  /** In the window of the purchase, which is open: whoever completes it is not late, and it is no older than they are. */
  #convert({ time, sku, country, device }: ReturnType<Conversions['add']>[number]): void {
    const pane = this.#pane(windows.of(time)[0]!)
    for (const row of rowsOf(pane, { country, device })) row[at.converted]! += 1
    addTo(pane, 'product', sku, 'converted', 1)
  }

  /** What has to be told of visits now: whole seconds, whose events are told for good. */
  #endedVisits(): Change[] {
    const panes = new Map<number, Pane>()
    for (const visit of this.#visits.close(this.#watermark)) {
      const start = startOf(visit.end, windows.size)
      const pane = panes.get(start) ?? emptyPane()
      panes.set(start, pane)
      addVisit(pane.visits, visit)
    }
    return Array.from(panes, ([start, pane]) => this.#result(start, 'visits', JSON.stringify(storePane(pane))))
  }

  /** A `PaneResult` around a pane that is JSON already. */
  #result(start: number, kind: PaneKind, pane: string): Change {
    const place = `"partition":${this.partition},"start":${start}${kind === 'events' ? '' : `,"kind":"${kind}"`}`
    const known = `"watermark":${JSON.stringify(this.#watermark)},"next":${this.#next}`
    return { key: resultKey(this.partition, start, kind), value: `{${place},${known},"pane":${pane}}` }
  }

  #setAside(record: EventRecord, reason: 'late' | 'early'): void {
    const [key, value] = [text(record.key), text(record.value)]
    this.#late.push({ key, value, reason })
    this.#refuse(record, reason)
  }

  /** What belongs to no window is counted in the one that the partition has come to. */
  #refuse({ timestamp }: EventRecord, measure: Measure): void {
    const time = this.#watermark === NO_WATERMARK ? timestamp : this.#watermark
    addTo(this.#pane(windows.of(time)[0]!), 'all', ALL, measure, 1)
  }

  #pane(start: number): Pane {
    this.#dirty.add(start)
    let pane = this.#open.get(start)
    if (pane === undefined) {
      pane = emptyPane()
      this.#open.set(start, pane)
    }
    return pane
  }

  #close(): Change[] {
    const closed = [...this.#open.keys()].filter((start) => isClosed(start + windows.size, grace, this.#watermark))
    return closed.map((start) => {
      this.#open.delete(start)
      this.#closed.add(start)
      return { key: `${PANE}${start}`, value: CLOSED }
    })
  }

  #forgotten(): number[] {
    const forgotten = [...this.#closed].filter((start) => start + kept <= this.#watermark)
    for (const start of forgotten) this.#closed.delete(start)
    return forgotten
  }

  #restorePane(start: number, value: string | null): void {
    this.#open.delete(start)
    this.#closed.delete(start)
    if (value === CLOSED) this.#closed.add(start)
    else if (value !== null) this.#open.set(start, loadPane(JSON.parse(value)))
  }
}

/** The sums that everything about an event is added to. */
const rowsOf = (
  pane: Pane,
  { country, device }: { readonly country: string; readonly device: string },
): readonly number[][] => [rowOf(pane, 'all', ALL), rowOf(pane, 'country', country), rowOf(pane, 'device', device)]

const text = (bytes: Uint8Array | null): string => (bytes === null ? '' : Buffer.from(bytes).toString('utf8'))
