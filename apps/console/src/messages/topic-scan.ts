import type { TopicReader, TopicRecord } from '#libs/messaging'
import { type MessageFilter, matcherOf } from './message-filter.ts'
import { directionOf, isDone, type Lane, lanesFrom, type ScanStart } from './scan-lanes.ts'
import { scanPage } from './scan-page.ts'
import type { Direction } from './scan-position.ts'

export interface ScanRequest {
  readonly topic: string
  /** There are such partitions. */
  readonly partitions: readonly number[]
  readonly start: ScanStart
  readonly filter: MessageFilter
  readonly limit: number
}

export interface Scan {
  readonly direction: Direction
  readonly records: readonly TopicRecord[]
  /** How many records were looked at for that. */
  readonly looked: number
  /** The offsets that are done with: from the first to the one before `to`. */
  readonly range: readonly { readonly partition: number; readonly from: number; readonly to: number }[]
  /** Nothing more is there in this direction, now. */
  readonly complete: boolean
  /** Where to look further; forward also for what is yet to come. */
  readonly next: ReadonlyMap<number, number>
  /** Where the topic ended when this began: what comes later is found from there on. */
  readonly ends: ReadonlyMap<number, number>
}

/** Records that one answer looks at, about, and how long. */
const BOUNDS = { mostLooked: 20_000, longestMs: 3_000 }
/** Offsets that are read in one go on the way back, over all partitions. */
const STRIDE = 6_000
/** Bytes of values: of what is held on the way back, and of one answer. */
const MOST_HELD = 16 * 1024 * 1024
const LARGEST_ANSWER = 1024 * 1024
/** Steps that come to nothing: enough for halving the stride down to one. */
const MOST_IDLE = 14

/**
 * Looks through a topic for records that are meant, at most so far and so long as one answer may take, and says how far it
 * came. Nothing is committed anywhere. Rejects as `TopicReader` does.
 */
export const scanTopic = async (
  reader: TopicReader,
  request: ScanRequest,
  { mostLooked, longestMs } = BOUNDS,
): Promise<Scan> => {
  const { topic, partitions, filter, limit, start } = request
  const direction = directionOf(start)
  const lanes = await lanesFrom(reader, topic, partitions, start)
  const isFiltered = Object.values(filter).some((part) => part !== undefined)
  const deadline = Date.now() + longestMs
  const walk = { reader, isMeant: matcherOf(filter), deadline }
  const step = direction === 'forward' ? readOn(walk) : readBack(walk, isFiltered ? STRIDE : limit)
  let looked = 0
  let idle = 0
  for (;;) {
    const open = lanes.filter((lane) => !isDone(direction, lane))
    const found = lanes.reduce((sum, lane) => sum + lane.found.length, 0)
    if (open.length === 0 || found >= limit || looked >= mostLooked || Date.now() > deadline) break
    const before = open.map(({ at }) => at)
    looked += await step(open)
    idle = open.some(({ at }, i) => at !== before[i]) ? 0 : idle + 1
    if (idle > MOST_IDLE) break
  }
  return scanOf(direction, lanes, limit, looked)
}

interface Walk {
  readonly reader: TopicReader
  readonly isMeant: (record: TopicRecord) => boolean
  readonly deadline: number
}

/** Reads some of each partition and notes what is meant; answers how many records that were. */
type Step = (lanes: readonly Lane[]) => Promise<number>

const readOn =
  ({ reader, isMeant }: Walk): Step =>
  async (lanes) => {
    const byPartition = new Map(lanes.map((lane) => [lane.partition, lane]))
    const read = await reader.read(lanes.map(({ topic, partition, at }) => ({ topic, partition, offset: at })))
    let looked = 0
    for (const { partition, records, next, isOutOfRange } of read) {
      const lane = byPartition.get(partition)!
      // What was there is gone meanwhile.
      lane.at = isOutOfRange ? lane.end : next
      lane.found.push(...records.filter(isMeant))
      looked += records.length
    }
    return looked
  }

/**
 * Kafka reads forward only: a stretch before what was looked at is read in its order. One that could not be read to its
 * end counts for nothing; where the records are large, the next one is shorter.
 */
const readBack = ({ reader, isMeant, deadline }: Walk, longest: number): Step => {
  let stride = longest
  return async (lanes) => {
    const width = Math.max(1, Math.min(stride, Math.ceil(STRIDE / lanes.length)))
    const stretches = new Map(
      lanes.map((lane) => [
        lane.partition,
        { lane, from: Math.max(lane.earliest, lane.at - width), records: [] as TopicRecord[] },
      ]),
    )
    let open = [...stretches.values()].map(({ lane: { topic, partition }, from: offset }) => ({
      ...{ topic, partition, offset },
    }))
    let [looked, held] = [0, 0]
    while (open.length > 0 && held <= MOST_HELD && Date.now() <= deadline) {
      const read = await reader.read(open)
      open = read.flatMap(({ topic, partition, records, next, isOutOfRange }) => {
        const { lane, records: kept } = stretches.get(partition)!
        const mine = records.filter(({ offset }) => offset < lane.at)
        looked += mine.length
        for (const record of mine.filter(isMeant)) {
          kept.push(record)
          held += record.value?.length ?? 0
        }
        return isOutOfRange || next >= lane.at ? [] : [{ topic, partition, offset: next }]
      })
    }
    if (held > MOST_HELD) stride = width >> 1
    const unread = new Set(open.map(({ partition }) => partition))
    for (const { lane, from, records } of stretches.values()) {
      if (unread.has(lane.partition)) continue
      lane.at = from
      lane.found.push(...records.toReversed())
    }
    return looked
  }
}

const scanOf = (direction: Direction, lanes: readonly Lane[], limit: number, looked: number): Scan => {
  let bytes = 0
  const fits = ({ value }: TopicRecord): boolean => {
    bytes += value?.length ?? 0
    return bytes <= LARGEST_ANSWER
  }
  const found = lanes.map(({ partition, found: records, at }) => ({ partition, records, reached: at }))
  const { items, offsets } = scanPage(direction, found, limit, fits)
  const range = lanes.map(({ partition, began }) => {
    const reached = offsets.get(partition)!
    return { partition, from: Math.min(began, reached), to: Math.max(began, reached) }
  })
  return {
    ...{ direction, records: items, looked, range, next: offsets },
    complete: lanes.every((lane) => isDone(direction, { ...lane, at: offsets.get(lane.partition)! })),
    ends: new Map(lanes.map(({ partition, end }) => [partition, end])),
  }
}
