import type { Topic } from '#libs/contracts'
import { type HistoryRecord, type ReadPartition, type TopicReader, type TopicRecord, TryAgain } from '#libs/messaging'

/** Of one topic, in one request. */
const FETCH_BYTES = 512 * 1024
const FETCH = { maxBytes: FETCH_BYTES, partitionBytes: FETCH_BYTES }

export type ReadHistory = (
  place: { readonly topic: Topic; readonly partition: number; readonly offset: number },
  raw: TopicRecord,
) => HistoryRecord

/** What was there at the offset that was asked for is gone, or never was. */
export class OutOfRange extends Error {
  override readonly name = 'OutOfRange'

  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly offset: number,
  ) {
    super(`${topic}/${partition} has no offset ${offset}`)
  }
}

interface Source {
  readonly topic: Topic
  records: readonly TopicRecord[]
  /** The next one of `records`. */
  at: number
  /** Behind everything that was taken. */
  taken: number
  /** Where the next request begins. */
  next: number
  /** Nothing is known to lie behind `next`. */
  atEnd: boolean
  asked: Promise<ReadPartition[]> | undefined
}

/**
 * The partitions of one number, of all topics, as one sequence in the order of time. Messages have the same key in all
 * topics and so the same number of partition: what belongs together comes together, and is written once.
 */
export class LaneRecords {
  readonly #sources: readonly Source[]

  constructor(
    private readonly lane: number,
    from: ReadonlyMap<Topic, number>,
    private readonly reader: Pick<TopicReader, 'read'>,
    private readonly read: ReadHistory,
    /** Where each topic ends for us; what lies behind is somebody else's. */
    private readonly upTo?: ReadonlyMap<Topic, number>,
  ) {
    this.#sources = [...from].map(([topic, offset]) => ({
      ...{ topic, records: [], at: 0, taken: offset, next: offset, atEnd: false, asked: undefined },
    }))
  }

  /**
   * Up to `count` records; fewer at the end, none when there is nothing more now. `breathe` is waited for now and then.
   */
  async take(count: number, breathe: () => Promise<void> | undefined): Promise<HistoryRecord[]> {
    const taken: HistoryRecord[] = []
    while (taken.length < count) {
      const empty = this.#sources.filter(({ at, records, atEnd }) => at === records.length && !atEnd)
      if (empty.length > 0) {
        await Promise.all(empty.map((source) => this.#fill(source)))
        continue
      }
      const source = this.#earliest()
      if (source === undefined) break
      const record = source.records[source.at++]!
      const { offset } = record
      source.taken = source.at === source.records.length ? source.next : offset + 1
      taken.push(this.read({ topic: source.topic, partition: this.lane, offset }, record))
      // Half way through what is there, the rest is asked for.
      if (source.at * 2 > source.records.length) this.#ask(source)
      if (taken.length % 64 === 0) await breathe()
    }
    return taken
  }

  /** How far each topic is taken: markers that no consumer sees are passed by. */
  get positions(): ReadonlyMap<Topic, number> {
    return new Map(this.#sources.map(({ topic, taken }) => [topic, taken]))
  }

  /** Whether the end was seen in all topics; there may be more by now. */
  get atEnd(): boolean {
    return this.#sources.every(({ at, records, atEnd }) => atEnd && at === records.length)
  }

  #earliest(): Source | undefined {
    let earliest: Source | undefined
    for (const source of this.#sources) {
      const head = source.records[source.at]
      if (head !== undefined && !(earliest && earliest.records[earliest.at]!.timestamp <= head.timestamp))
        earliest = source
    }
    return earliest
  }

  #ask(source: Source): void {
    if (source.atEnd || source.asked !== undefined) return
    const { topic, next: offset } = source
    source.asked = this.reader.read([{ topic, partition: this.lane, offset }], FETCH)
    source.asked.catch(() => {})
  }

  async #fill(source: Source): Promise<void> {
    this.#ask(source)
    const asked = source.asked
    source.asked = undefined
    const found = (await asked)?.[0]
    if (found === undefined) throw new TryAgain(`${source.topic}/${this.lane} was not answered`)
    if (found.isOutOfRange) throw new OutOfRange(source.topic, this.lane, source.next)
    if (found.records.length === 0 && found.next === source.next && found.next < found.end)
      throw new TryAgain(`${source.topic}/${this.lane} did not answer what lies before ${found.end}`)
    const end = Math.min(found.end, this.upTo?.get(source.topic) ?? found.end)
    source.records = found.next > end ? found.records.filter(({ offset }) => offset < end) : found.records
    source.at = 0
    source.next = Math.max(source.next, Math.min(found.next, end))
    source.atEnd = found.next >= end
    if (source.records.length === 0) source.taken = source.next
  }
}
