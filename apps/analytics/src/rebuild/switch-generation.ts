import type { Sql } from '#libs/database'
import { addToWindows } from '../sink/add-to-windows.ts'
import type { WindowChange } from '../sink/rollup.ts'
import { carryOver } from '../sql/generations.ts'
import { savePanes } from '../sql/panes.ts'
import { type Claim, endRebuild } from '../sql/rebuilds.ts'
import { readServedGeneration, type ServedGeneration, serveGeneration } from '../sql/served-generation.ts'
import { holdPositions, setPositions } from '../sql/sink-positions.ts'
import type { OpenPane } from './recomputation.ts'

export interface Switch {
  readonly next: ServedGeneration
  /** What the windows have more than was stored: the open seconds. */
  readonly changes: readonly WindowChange[]
  readonly panes: readonly OpenPane[]
  /** Positions in the results, by partition: whatever lies before them knows nothing that the new generation does not. */
  readonly ends: ReadonlyMap<number, number>
}

/**
 * The new generation is the served one when this transaction is committed, with the sink in step: it goes on at `ends`, or where it
 * was, if it has not come there, and passes over what the generation knows (its `floors`). The sink takes the same locks first, so it
 * stores into the generation before, whose rows are no more, or into the new one from the right place.
 */
export const switchGeneration = async (
  tx: Sql,
  claim: Claim,
  { next, changes, panes, ends }: Switch,
): Promise<void> => {
  const positions = await holdPositions(tx, [...ends.keys()])
  await endRebuild(tx, claim, 'served')
  const { generation: from } = await readServedGeneration(tx)
  await addToWindows(tx, next.generation, changes)
  await savePanes(tx, next.generation, panes)
  if (next.since > 0) await carryOver(tx, { from, to: next.generation, before: next.since })
  await serveGeneration(tx, next)
  const goOn = [...ends].map(([partition, end]) => [partition, Math.min(end, positions.get(partition)!)] as const)
  await setPositions(tx, new Map(goOn))
}
