import { writeShopEvent } from '#libs/contracts'
import { partitionOf } from '#libs/messaging'
import { generate } from '#libs/traffic'
import { type EventRecord, ShopTask } from '../../apps/analytics/src/domain/shop-task.ts'
import { shop, trafficOf } from './publish.ts'

const PARTITIONS = 30
/** Events between two commits of all partitions together, as a process that is busy has them. */
const TOGETHER = 10_000
/** Events a second of event time. */
const DENSITY = 20_000
const ROUNDS = 5

export interface TaskCost {
  /** Microseconds of an event: from the bytes of its value to the state. */
  readonly process: number
  /** Microseconds of an event: results and changelog, as text, and how much state there is. */
  readonly flush: number
  /** Characters of the changelog for each event. */
  readonly changelog: number
  /** That a task held at most. */
  readonly entries: number
}

/** What the tasks cost without Kafka and PostgreSQL: the best of some rounds over the same events. */
export const task = async (events: number): Promise<void> => {
  const records = await recordsOf(events)
  const rounds = Array.from({ length: ROUNDS }, () => runTasks(records))
  const { process, flush, changelog } = rounds.reduce((a, b) => (b.process + b.flush < a.process + a.flush ? b : a))
  const parts = `${process.toFixed(2)} to process and ${flush.toFixed(2)} to tell`
  console.log(`  ${(process + flush).toFixed(2)} µs an event: ${parts}; ${changelog.toFixed(0)} bytes of changelog`)
}

export interface PlacedRecord {
  readonly partition: number
  readonly record: EventRecord
}

export const recordsOf = async (events: number): Promise<PlacedRecord[]> => {
  const seconds = Math.ceil(events / DENSITY)
  const start = Date.UTC(2026, 10, 28)
  const offsets = new Array<number>(PARTITIONS).fill(0)
  return Array.from(generate(trafficOf(seconds, DENSITY, start), await shop()), ({ event, dueMs }) => {
    const { session } = event
    const partition = partitionOf(session, PARTITIONS)
    const value = Buffer.from(writeShopEvent(event))
    return {
      partition,
      record: { offset: offsets[partition]!++, timestamp: start + dueMs, key: Buffer.from(session), value },
    }
  })
}

/** One pass over all of them, with a state that is empty at its beginning. */
export const runTasks = (records: readonly PlacedRecord[]): TaskCost => {
  const tasks = Array.from({ length: PARTITIONS }, (_, partition) => new ShopTask(partition))
  let [processing, flushing, changelog, entries] = [0, 0, 0, 0]
  for (let from = 0; from < records.length; from += TOGETHER) {
    const begun = performance.now()
    for (const { partition, record } of records.slice(from, from + TOGETHER)) tasks[partition]!.process(record)
    const processed = performance.now()
    for (const task of tasks) {
      for (const { key, value } of task.flush().changelog) changelog += key.length + (value?.length ?? 0)
      entries = Math.max(entries, task.entries)
    }
    processing += processed - begun
    flushing += performance.now() - processed
  }
  const each = (ms: number) => (ms * 1_000) / records.length
  return { process: each(processing), flush: each(flushing), changelog: changelog / records.length, entries }
}
