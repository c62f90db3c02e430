import { type Database, type Sql, UnitOfWork } from '#libs/database'
import type { HistoryRecord, historyReader } from '#libs/messaging'
import { Checkpoints } from '../checkpoints.ts'
import { type Projection, placeNameOf } from '../projection.ts'
import { keepLane, type LaneName } from '../sql/lanes.ts'

/** Somebody else works at the lane by now, or the version is no longer filled. */
export class LaneLost extends Error {
  override readonly name = 'LaneLost'
}

/** Records of one lane, with where each topic stands behind them. */
export interface Batch {
  readonly records: readonly HistoryRecord[]
  /** Topic → from where, and up to where, its checkpoint moves. */
  readonly moves: ReadonlyMap<string, { readonly from: number; readonly to: number }>
}

export interface BatchContext {
  readonly database: Database
  readonly projection: Projection
  readonly history: ReturnType<typeof historyReader>
  readonly lane: LaneName
  readonly owner: string
  readonly recordsPerSecond: number
  readonly breathe: () => Promise<void> | undefined
  readonly crashPoint?: ((at: 'before-commit') => void | Promise<void>) | undefined
}

/**
 * Rows, checkpoints and the lease in one transaction: a process that is killed leaves nothing half done, and two that
 * believe to have the lane cannot both move its checkpoints. Answers how many records were left out.
 *
 * That it is durable is not waited for: what a crash takes, it takes with its checkpoint.
 */
export const writeBatch = (context: BatchContext, batch: Batch): Promise<number> => {
  const { database, projection, history, lane, owner, recordsPerSecond, breathe, crashPoint } = context
  const places = placesOf(context, batch)
  return database.transaction(async (tx: Sql) => {
    const uow = new UnitOfWork(tx, new Date())
    const rows = projection.rows(uow, lane.version)
    const checkpoints = uow.part(Checkpoints)
    for (const { place } of places) checkpoints.announce(place)
    for (const { message } of batch.records) if (message !== undefined) rows.announce(message)
    tx.execute('SET LOCAL synchronous_commit = off').catch(() => {})
    const stretches = places.map(({ place, from, to }) => ({ topic: place.topic, partition: lane.lane, from, to }))
    const handled = history.parked(tx, stretches)
    handled.catch(() => {})
    uow.prefetch()
    rows.prefetch()
    for (const { place, from } of places)
      if ((await checkpoints.load(place)) > BigInt(from)) throw new LaneLost('somebody else filled it')
    const asHandled = await handled
    let skipped = 0
    for (const [i, record] of batch.records.entries()) {
      const one = asHandled(record)
      if (one === undefined || one.unreadable) skipped++
      else if (one.message !== undefined) await rows.apply(one.message)
      if (i % 64 === 0) await breathe()
    }
    for (const { place, to } of places) checkpoints.advance(place, BigInt(to))
    const [isKept] = await Promise.all([
      keepLane(tx, lane, owner, { records: batch.records.length, skipped, recordsPerSecond }),
      rows.flush(uow),
      uow.flush(),
    ])
    if (!isKept) throw new LaneLost(`${lane.projection}@${lane.version}, lane ${lane.lane}`)
    await crashPoint?.('before-commit')
    return skipped
  })
}

const placesOf = ({ projection, lane }: BatchContext, { moves }: Batch) =>
  [...moves].map(([topic, { from, to }]) => ({
    ...{ from, to },
    place: { projection: placeNameOf(projection.name, lane.version), topic, partition: lane.lane },
  }))

/** The batch in two; undefined when it is of one record. */
export const halved = ({ records, moves }: Batch): [Batch, Batch] | undefined => {
  if (records.length < 2) return undefined
  const [first, second] = [records.slice(0, records.length / 2), records.slice(records.length / 2)]
  const reached = new Map([...moves].map(([topic, { from }]) => [topic, from]))
  for (const { topic, offset } of first) reached.set(topic, offset + 1)
  const upTo = new Map([...moves].map(([topic, { from }]) => [topic, { from, to: reached.get(topic)! }]))
  const rest = new Map([...moves].map(([topic, { to }]) => [topic, { from: reached.get(topic)!, to }]))
  return [
    { records: first, moves: upTo },
    { records: second, moves: rest },
  ]
}
