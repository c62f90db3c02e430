import { type ArchiveStore, archiveStarts, readArchive } from '#libs/archive'
import { EARLIEST, type TopicReader } from '#libs/messaging'
import { HOUR, startOf } from '#libs/streams'
import type { EventRecord } from '../domain/shop-task.ts'
import { topology } from '../domain/topology.ts'

/** Records of one partition that follow those before, and where it goes on. */
export interface Stretch {
  readonly partition: number
  readonly records: readonly EventRecord[]
  readonly next: number
}

/** From where the events can be read again. */
export interface Reach {
  readonly starts: ReadonlyMap<number, number>
  /** The partitions of which the archive has what the topic has lost, or is to lose: they are read from there first. */
  readonly archived: ReadonlySet<number>
  /** Of the windows from this instant on all events are there (ms since 1970); 0 when none was ever removed. */
  readonly since: number
}

/** Events were removed before they could be read. */
export class EventsMissing extends Error {
  override readonly name = 'EventsMissing'
}

const LIMITS = { waitMs: 500, maxBytes: 2 * 1024 * 1024, partitionBytes: 256 * 1024 }

/**
 * How far back the archive and the topic reach together, or the topic alone. What is decided about an event depends on what came in
 * the half an hour before it at most, so an hour after the first one that is left it is decided as it was.
 */
export const reachOf = async (reader: TopicReader, archive: ArchiveStore | undefined, now: number): Promise<Reach> => {
  const count = await reader.partitionCount(topology.from)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic: topology.from, partition }))
  const earliest = await reader.offsetsAt(partitions, EARLIEST)
  const inTopic = new Map(earliest.map(({ partition, offset }) => [partition, offset]))
  const inArchive = archive === undefined ? [] : [...(await archiveStarts(archive))]
  const archived = new Map(inArchive.filter(([partition, { first }]) => first <= (inTopic.get(partition) ?? first)))
  const starts = new Map(inTopic)
  for (const [partition, { first }] of archived) starts.set(partition, first)
  const cut = [...starts].filter(([, first]) => first > 0)
  const arrivals = cut.map(
    async ([partition, first]) =>
      archived.get(partition)?.arrived ?? (await firstArrival(reader, partition, first)) ?? now,
  )
  const latest = Math.max(...(await Promise.all(arrivals)), Number.NEGATIVE_INFINITY)
  return { starts, archived: new Set(archived.keys()), since: cut.length === 0 ? 0 : startOf(latest + 2 * HOUR, HOUR) }
}

const firstArrival = async (reader: TopicReader, partition: number, offset: number): Promise<number | undefined> => {
  const [read] = await reader.read([{ topic: topology.from, partition, offset }], LIMITS)
  return read?.records[0]?.timestamp
}

/** What the archive has, up to these positions. */
export async function* archivedEvents(
  archive: ArchiveStore,
  { archived }: Reach,
  to: ReadonlyMap<number, number>,
): AsyncGenerator<Stretch> {
  if (archived.size === 0) return
  for await (const { partition, records, next } of readArchive(archive)) {
    if (!archived.has(partition)) continue
    yield upTo(to.get(partition) ?? 0, { partition, next, records: records.map((each) => ({ ...each, key: null })) })
  }
}

const upTo = (end: number, { partition, records, next }: Stretch): Stretch => ({
  partition,
  records: next <= end ? records : records.filter(({ offset }) => offset < end),
  next: Math.min(next, end),
})

/**
 * What the topic has from these positions up to others.
 * @throws EventsMissing
 */
export async function* topicEvents(
  reader: TopicReader,
  from: ReadonlyMap<number, number>,
  to: ReadonlyMap<number, number>,
): AsyncGenerator<Stretch> {
  const positions = new Map([...from].filter(([partition, next]) => next < (to.get(partition) ?? 0)))
  while (positions.size > 0) {
    const asked = Array.from(positions, ([partition, offset]) => ({ topic: topology.from, partition, offset }))
    for (const { partition, offset, records, next, isOutOfRange } of await reader.read(asked, LIMITS)) {
      if (isOutOfRange)
        throw new EventsMissing(`${topology.from}/${partition} does not reach back to offset ${offset} any more`)
      if (next === offset) continue
      const end = to.get(partition)!
      if (next < end) positions.set(partition, next)
      else positions.delete(partition)
      yield upTo(end, { partition, records, next })
    }
  }
}
