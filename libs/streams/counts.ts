/** Sums of some measures for each key; what is added is whole numbers, so sums are exact up to 2^53. */
export type Counts = Map<string, number[]>

/** The sums of one key, to be added to; zeros when it is new. */
export const sumsOf = (counts: Counts, key: string, measures: number): number[] => {
  let sums = counts.get(key)
  if (sums === undefined) {
    sums = new Array<number>(measures).fill(0)
    counts.set(key, sums)
  }
  return sums
}

/** Adds all of `other`, or with -1 takes it away: what was counted before and is counted again. */
export const addCounts = (into: Counts, other: ReadonlyMap<string, readonly number[]>, sign: 1 | -1 = 1): void => {
  for (const [key, added] of other) {
    // What is nothing makes no row.
    let sums: number[] | undefined
    for (let measure = 0; measure < added.length; measure++) {
      if (added[measure] === 0) continue
      sums ??= sumsOf(into, key, added.length)
      sums[measure]! += sign * added[measure]!
    }
  }
}
