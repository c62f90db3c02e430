/** Sums of some measures for each key; what is added is whole numbers, so sums are exact up to 2^53. */
export type Counts = Map<string, number[]>

/** Adds to one measure of one key. */
export const count = (counts: Counts, key: string, measures: number, measure: number, amount: number): void => {
  let sums = counts.get(key)
  if (sums === undefined) {
    sums = new Array<number>(measures).fill(0)
    counts.set(key, sums)
  }
  sums[measure]! += amount
}

/** Adds all of `other`, or with -1 takes it away: what was counted before and is counted again. */
export const addCounts = (into: Counts, other: ReadonlyMap<string, readonly number[]>, sign: 1 | -1 = 1): void => {
  for (const [key, sums] of other)
    for (let measure = 0; measure < sums.length; measure++)
      if (sums[measure] !== 0) count(into, key, sums.length, measure, sign * sums[measure]!)
}
