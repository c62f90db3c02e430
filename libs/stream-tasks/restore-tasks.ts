import { setTimeout as delay } from 'node:timers/promises'
import {
  EARLIEST,
  type KafkaOptions,
  LATEST,
  type ReadPosition,
  TopicReader,
  type TopicRecord,
  TryAgain,
} from '#libs/messaging'
import { Slices } from './slices.ts'
import type { Task } from './topology.ts'

const MAX_BYTES = 8 * 1024 * 1024
const PARTITION_BYTES = 1024 * 1024
/** For the markers of a transaction that is over to arrive in every partition. Milliseconds. */
const MARKER_PAUSE_MS = 20
const MARKERS_MS = 30_000

/** A task whose state is what its changelog says before an offset. */
export interface RestoredTask {
  readonly task: Task
  /** Of the changelog, where it goes on; `EARLIEST` before anything was read. */
  next: number
  /** That a copy has read of it. */
  records: number
}

/**
 * Gives tasks the state that their changelog holds, up to its end as it is now. Nobody else may be able to commit to
 * these partitions any more. Answers how many entries were read, beyond those that a copy had read already.
 * @throws TryAgain while brokers are away, or a transaction stays open.
 */
export const restoreTasks = async (
  kafka: KafkaOptions,
  changelog: string,
  tasks: ReadonlyMap<number, RestoredTask>,
): Promise<number> => {
  if (tasks.size === 0) return 0
  const everything = new TopicReader(kafka)
  const reader = new TopicReader({ ...kafka, readCommitted: true })
  try {
    const partitions = Array.from(tasks.keys(), (partition) => ({ topic: changelog, partition }))
    const earliest = await reader.offsetsAt(partitions, EARLIEST)
    const starts = earliest.map(({ topic, partition, offset }) => {
      const { next } = tasks.get(partition)!
      return { topic, partition, offset: next === EARLIEST ? offset : next }
    })
    // What lies behind what can be read now was written by transactions whose end is decided, and on its way.
    const ends = await everything.offsetsAt(partitions, LATEST)
    return await readAll(reader, starts, new Map(ends.map(({ partition, offset }) => [partition, offset])), tasks)
  } finally {
    everything.close()
    reader.close()
  }
}

const readAll = async (
  reader: TopicReader,
  starts: readonly ReadPosition[],
  until: ReadonlyMap<number, number>,
  tasks: ReadonlyMap<number, RestoredTask>,
): Promise<number> => {
  let open = starts.filter(({ partition, offset }) => offset < until.get(partition)!)
  let restored = 0
  const slices = new Slices()
  const deadline = Date.now() + MARKERS_MS
  while (open.length > 0) {
    const read = await reader.read(open, { maxBytes: MAX_BYTES, partitionBytes: PARTITION_BYTES })
    let hasMoved = false
    const next: ReadPosition[] = []
    for (const { topic, partition, offset, next: at, records, isOutOfRange } of read) {
      const copy = tasks.get(partition)!
      // What it had read is gone, for the changelog was made anew: it is no beginning for anybody.
      if (isOutOfRange) {
        copy.next = EARLIEST
        throw new TryAgain(`${topic}/${partition} does not reach to offset ${offset}`)
      }
      for await (const slice of slices.of(records, sizeOf))
        for (const { key, value } of slice) copy.task.restore(key?.toString() ?? '', value)
      copy.next = at
      restored += records.length
      hasMoved ||= at > offset
      if (at < until.get(partition)!) next.push({ topic, partition, offset: at })
    }
    open = next
    if (open.length === 0 || hasMoved) continue
    if (Date.now() > deadline)
      throw new TryAgain(`${starts[0]!.topic}: a transaction has been open for ${MARKERS_MS} ms`)
    await delay(MARKER_PAUSE_MS)
  }
  return restored
}

const KIB = 1_024

/** Entries of a changelog are of any size, and so is the work on them. */
export const sizeOf = ({ value }: TopicRecord): number => 1 + Math.floor((value?.length ?? 0) / KIB)
