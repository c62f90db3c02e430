import type { Topic } from '#libs/contracts'
import { type Database, Faults, isRetryableConflict } from '#libs/database'
import { historyReader, type TopicReader } from '#libs/messaging'
import { LIVE } from '../feed.ts'
import { type Projection, placeNameOf, topicsOf } from '../projection.ts'
import type { LaneName } from '../sql/lanes.ts'
import { readCheckpoints } from '../sql/read-checkpoints.ts'
import { LaneRecords } from './lane-records.ts'
import type { Pace } from './pace.ts'
import { type Batch, type BatchContext, halved, writeBatch } from './write-batch.ts'

/** Records in one transaction, at most: at rest, and while the live feed is busy. */
const BATCH = 4_000
const BATCH_WHEN_BUSY = 500
/** So long at one lane, then it is somebody else's turn. Milliseconds. */
const TURN_MS = 5_000

export interface FillingOptions {
  readonly database: Database
  readonly reader: TopicReader
  readonly consumer: string
  readonly owner: string
  readonly pace: Pace
  readonly signal: AbortSignal
  /** Records in one transaction, at most. Default 4,000 at rest, and 500 while the live feed is busy. */
  readonly batchSize?: number
  /** Called at the moments at which a crash is worth testing. */
  readonly crashPoint?: CrashPoint
}

export type CrashPoint = (at: 'before-write' | 'before-commit' | 'after-commit') => void | Promise<void>

/** A record that the live feed has handled, or has not come to yet, cannot be. */
export class Unfillable extends Error {
  override readonly name = 'Unfillable'

  constructor(
    readonly place: { readonly topic: string; readonly partition: number; readonly offset: number },
    cause: unknown,
  ) {
    super(`record ${place.topic}/${place.partition}@${place.offset}: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Works at one lane of a version for a while, from where its checkpoints stand. Answers whether it came to the end.
 * Rejects with `Unfillable`, `OutOfRange` or `LaneLost`, or with what the database or the broker had to say.
 */
export const fillLane = async (
  options: FillingOptions,
  projection: Projection,
  lane: LaneName,
  {
    firsts,
    upTo,
  }: { readonly firsts: ReadonlyMap<Topic, number>; readonly upTo?: ReadonlyMap<Topic, number> | undefined },
): Promise<boolean> => {
  const { database, reader, consumer, owner, pace, signal, batchSize, crashPoint } = options
  const history = historyReader(consumer, projection.types, topicsOf(projection))
  const from = await startsOf(database, projection, lane, firsts)
  const records = new LaneRecords(lane.lane, from, reader, history.read, upTo)
  const breathe = (): Promise<void> | undefined => (pace.isDue ? pace.breathe() : undefined)
  const until = performance.now() + TURN_MS
  let [startedAt, written] = [performance.now(), 0]
  while (!signal.aborted && performance.now() < until) {
    const before = records.positions
    const batchAt = performance.now()
    const taken = await records.take(batchSize ?? (pace.isBusy ? BATCH_WHEN_BUSY : BATCH), breathe)
    const moves = movesOf(before, records.positions)
    if (moves.size > 0) {
      const recordsPerSecond = (1_000 * (written + taken.length)) / (performance.now() - startedAt)
      const context = { database, projection, history, lane, owner, recordsPerSecond, breathe, crashPoint }
      await crashPoint?.('before-write')
      await write(context, { records: taken, moves })
      await crashPoint?.('after-commit')
      written += taken.length
    }
    if (records.atEnd) return true
    await pace.rest(performance.now() - batchAt, signal)
  }
  return false
}

/** Where each topic's checkpoint stands; at its beginning, as it is now, when there is none. */
const startsOf = async (
  database: Database,
  { name }: Projection,
  { version, lane }: LaneName,
  firsts: ReadonlyMap<Topic, number>,
): Promise<Map<Topic, number>> => {
  const placeName = placeNameOf(name, version)
  const own = (await readCheckpoints(database)).filter(
    ({ projection, partition }) => projection === placeName && partition === lane,
  )
  const reached = new Map(own.map(({ topic, position }) => [topic, Number(position)]))
  return new Map([...firsts].map(([topic, first]) => [topic, Math.max(first, reached.get(topic) ?? 0)]))
}

const movesOf = (before: ReadonlyMap<Topic, number>, after: ReadonlyMap<Topic, number>): Batch['moves'] =>
  new Map(
    [...after]
      .map(([topic, to]) => [topic, { from: before.get(topic)!, to }] as const)
      .filter(([, { from, to }]) => to > from),
  )

/** As a consumer does: what fails as a whole is written in parts, until it is known which record it is. */
const write = async (context: BatchContext, batch: Batch): Promise<void> => {
  const faults = new Faults(context.database)
  for (;;) {
    try {
      await writeBatch(context, batch)
      return
    } catch (error) {
      if (isRetryableConflict(error) && (await faults.isNobodys(error))) continue
      if (isNobodysFault(error)) throw error
      const halves = halved(batch)
      if (halves === undefined)
        throw batch.records[0] === undefined ? error : new Unfillable(placeOf(batch.records[0]), error)
      for (const half of halves) await write(context, half)
      return
    }
  }
}

const placeOf = ({ topic, partition, offset }: Batch['records'][number]) => ({ topic, partition, offset })

const isNobodysFault = (error: unknown): boolean =>
  error instanceof Error && ['LaneLost', 'DatabaseUnavailable', 'ConcurrencyConflict'].includes(error.name)

/** Whether the live feed has come past the record: it is handled, or it is parked. */
export const isBehindLive = async (database: Database, { place }: Unfillable): Promise<boolean> => {
  const live = (await readCheckpoints(database)).find(
    ({ projection, topic, partition }) => projection === LIVE && topic === place.topic && partition === place.partition,
  )
  return live !== undefined && Number(live.position) > place.offset
}
