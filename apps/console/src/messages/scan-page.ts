import type { Direction } from './scan-position.ts'

/** Of one partition: what was found, in the order in which it was looked through, and how far that has come. */
export interface Found<R> {
  readonly partition: number
  readonly records: readonly R[]
  /** Forward: the next offset; backward: the last one that was looked at. */
  readonly reached: number
}

interface Placed {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

export interface ScanPage<R> {
  readonly items: readonly R[]
  /** Where each partition is to be looked at again, so that what did not fit comes next and nothing comes twice. */
  readonly offsets: ReadonlyMap<number, number>
}

/**
 * The first `most` of what was found, by time as far as the order within each partition allows: that one is kept, also
 * where the clocks of producers differ. `fits` is asked in order; the first record is always taken.
 */
export const scanPage = <R extends Placed>(
  direction: Direction,
  found: readonly Found<R>[],
  most: number,
  fits: (record: R) => boolean = () => true,
): ScanPage<R> => {
  const isForward = direction === 'forward'
  const taken = new Map(found.map(({ partition }) => [partition, 0]))
  const items: R[] = []
  while (items.length < most) {
    const heads = found.flatMap(({ partition, records }) => records[taken.get(partition)!] ?? [])
    const [first, ...others] = heads
    if (first === undefined) break
    const next = others.reduce(
      (a, b) => (isForward === b.timestamp < a.timestamp && a.timestamp !== b.timestamp ? b : a),
      first,
    )
    if (!fits(next) && items.length > 0) break
    items.push(next)
    taken.set(next.partition, taken.get(next.partition)! + 1)
  }
  const goOn = ({ partition, records, reached }: Found<R>): [number, number] => {
    const left = records[taken.get(partition)!]
    if (left === undefined) return [partition, reached]
    return [partition, isForward ? left.offset : left.offset + 1]
  }
  return { items, offsets: new Map(found.map(goOn)) }
}
