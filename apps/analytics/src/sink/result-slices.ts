import type { ReadPartition, TopicRecord } from '#libs/messaging'
import type { Move } from '../sql/sink-positions.ts'

/** Records that are stored in one transaction, and how far each of their partitions is read with them. */
export interface ResultSlice {
  readonly records: readonly TopicRecord[]
  readonly moves: readonly Move[]
}

/**
 * What was read in parts of at most `most` records, each partition in its order; the last moves every partition to where reading goes on.
 * A backlog of results is many small transactions: one of all of them would be more than the process has memory for, and nobody
 * would be answered until it is made.
 */
export function* resultSlices(read: readonly ReadPartition[], most: number): Generator<ResultSlice> {
  let records: TopicRecord[] = []
  let moves: Move[] = []
  for (const { partition, offset, next, records: found } of read) {
    let from = offset
    for (let at = 0; at < found.length || from < next; ) {
      if (records.length === most) {
        yield { records, moves }
        ;[records, moves] = [[], []]
      }
      const taken = found.slice(at, at + most - records.length)
      at += taken.length
      const to = found[at]?.offset ?? next
      for (const record of taken) records.push(record)
      moves.push({ partition, from, to })
      from = to
    }
  }
  if (moves.length > 0) yield { records, moves }
}
