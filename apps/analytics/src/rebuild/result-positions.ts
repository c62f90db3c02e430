import { setTimeout as delay } from 'node:timers/promises'
import type { Sql } from '#libs/database'
import { LATEST, type TopicReader, TryAgain } from '#libs/messaging'
import { topology } from '../domain/topology.ts'
import { readPositions } from '../sql/sink-positions.ts'

const LOOK_MS = 200
const PATIENCE_MS = 60_000

/** Where the results end now, by their partition: what open transactions wrote lies behind it. */
export const resultEnds = async (reader: TopicReader): Promise<ReadonlyMap<number, number>> => {
  const count = await reader.partitionCount(topology.to)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic: topology.to, partition }))
  const ends = await reader.offsetsAt(partitions, LATEST)
  return new Map(ends.map(({ partition, offset }) => [partition, offset]))
}

/**
 * Resolves when the sink has stored everything before these positions.
 * @throws TryAgain when it does not come there
 */
export const sinkHasPassed = async (
  sql: Sql,
  ends: ReadonlyMap<number, number>,
  meanwhile: () => Promise<void>,
): Promise<void> => {
  for (const deadline = Date.now() + PATIENCE_MS; ; ) {
    const stored = await readPositions(sql, [...ends.keys()])
    const behind = [...ends].filter(([partition, end]) => stored.get(partition)! < end)
    if (behind.length === 0) return
    if (Date.now() > deadline) throw new TryAgain(`the sink is behind in ${behind.length} partitions of ${topology.to}`)
    await meanwhile()
    await delay(LOOK_MS)
  }
}
