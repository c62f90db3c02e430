import type { ShopEvent } from '#libs/contracts'
import { type KeyedSession, NO_WATERMARK, Sessions, startOf } from '#libs/streams'
import { type Change, ChunkedLog } from './chunked-log.ts'
import { topology } from './topology.ts'
import type { Visit } from './visit-sums.ts'

/** What is known of a visit besides when it began and ended. */
interface Traits {
  pages: number
  /** The first event, whose country and device they are. */
  since: number
  country: string
  device: string
}

const { windows, pages } = topology.visits
const isPage = new Set<ShopEvent['type']>(pages)
/** A visit lies in objects: as much memory as so many entries of what lies in columns. */
const ENTRIES_OF_ONE = 10
const COLUMNS = 4
const SEPARATOR = ' '

/**
 * The visits that are under way, with what the changelog is to know of them. A visit is told once, when nothing can belong to it any
 * more, and together with all others that ended in the same second.
 */
export class Visits {
  readonly #sessions = new Sessions<Traits>({ windows, initial: nobody, merge: together })
  readonly #log = new ChunkedLog('visits')

  get entries(): number {
    return this.#sessions.size * ENTRIES_OF_ONE
  }

  /** `watermark`: how far the partition has come. An event that is not late for its second is not late for its visit. */
  add(event: ShopEvent, watermark: number): void {
    this.#sessions.add(event.session, event.time, watermark, (traits) => noted(traits, event))
  }

  /** The visits that are over, in the order of their ends. An order that came by another way than the pages is no visit. */
  close(watermark: number): Visit[] {
    const { gap, grace } = windows
    // Just so far that the seconds that are told are told whole.
    const closed = this.#sessions.close(overBefore(watermark) + gap + grace - 1)
    return closed.map(visitOf).filter(({ pages }) => pages > 0)
  }

  flush(watermark: number): Change[] {
    const changed = this.#sessions.takeChanged()
    // What changes is written down as a whole, so that a chunk is needed as long as the visits last that changed in it last.
    const forgotten = this.#log.forget(overBefore(watermark) - 1)
    if (changed.length === 0) return forgotten
    return [this.#log.add(written(changed), Math.max(...changed.map(({ end }) => end))), ...forgotten]
  }

  /** What was told is known by how far the partition had come, and the changelog needs not be told. */
  forgetTold(watermark: number): void {
    this.close(watermark)
  }

  /** False when the change is about something else. */
  restore(change: Change): boolean {
    if (!this.#log.owns(change.key)) return false
    const chunk = this.#log.restore(change)
    if (chunk !== undefined) for (const session of read(chunk as Chunk)) this.#sessions.put(session)
    return true
  }
}

/** The start of the second before which every visit has ended that has not been told, at this watermark. */
const overBefore = (watermark: number): number =>
  watermark === NO_WATERMARK ? NO_WATERMARK : startOf(watermark - windows.gap - windows.grace, topology.windows.size)

const nobody = (): Traits => ({ pages: 0, since: Number.POSITIVE_INFINITY, country: '', device: '' })

/** Of events at the same instant the one by name, so that their order does not matter. */
const isBefore = (one: Omit<Traits, 'pages'>, other: Omit<Traits, 'pages'>): boolean => {
  if (one.since !== other.since) return one.since < other.since
  return one.country === other.country ? one.device < other.device : one.country < other.country
}

const noted = (traits: Traits, { type, time, country, device }: ShopEvent): Traits => {
  if (isPage.has(type)) traits.pages++
  if (time > traits.since || !isBefore({ since: time, country, device }, traits)) return traits
  traits.since = time
  traits.country = country
  traits.device = device
  return traits
}

const together = (one: Traits, other: Traits): Traits => ({
  ...(isBefore(one, other) ? one : other),
  pages: one.pages + other.pages,
})

const visitOf = ({ start, end, value: { pages, country, device } }: KeyedSession<Traits>): Visit => ({
  ...{ start, end, pages, country, device },
})

/** The sessions of a chunk, the places (country and device) that they are of, and of each its columns. */
type Chunk = readonly [base: number, sessions: string, places: readonly string[], columns: readonly number[]]

const written = (sessions: readonly KeyedSession<Traits>[]): Chunk => {
  const base = sessions[0]!.start
  const places = new Places()
  const columns: number[] = []
  for (const { start, end, value } of sessions)
    columns.push(start - base, end - start, value.pages, places.numberOf(value.country, value.device))
  return [base, sessions.map(({ key }) => key).join(SEPARATOR), places.names, columns]
}

/** Countries and devices that were seen together, by number: to look twice is faster than to make one text of two. */
class Places {
  readonly names: string[] = []
  readonly #numbers = new Map<string, Map<string, number>>()

  numberOf(country: string, device: string): number {
    let devices = this.#numbers.get(country)
    if (devices === undefined) {
      devices = new Map()
      this.#numbers.set(country, devices)
    }
    let number = devices.get(device)
    if (number === undefined) {
      number = this.names.push(country + SEPARATOR + device) - 1
      devices.set(device, number)
    }
    return number
  }
}

const read = ([base, sessions, places, columns]: Chunk): KeyedSession<Traits>[] =>
  sessions.split(SEPARATOR).map((key, row) => {
    const [begun, duration, pages, place] = columns.slice(row * COLUMNS, (row + 1) * COLUMNS) as [
      number,
      number,
      number,
      number,
    ]
    const start = base + begun
    const [country, device] = places[place]!.split(SEPARATOR) as [string, string]
    return { key, start, end: start + duration, value: { pages, since: start, country, device } }
  })
