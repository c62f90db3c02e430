/**
 * Quantiles with a relative error (DDSketch, Masson, Rim and Lee 2019): values are counted in bins whose bounds grow by a
 * constant factor, so a quantile is off by at most `ACCURACY` of itself, however values are distributed. Merging and
 * taking away are sums of bins, and exact. The bins are plain data: they lie in JSON and in state as they are.
 */
export type Bins = Map<number, number>

/** A quantile q is answered within q × (1 ± this). */
export const ACCURACY = 0.01
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LOG_GAMMA = Math.log(GAMMA)
/** The bin of 0: below that of every value from 1 on. */
const ZERO = -1

/** Counts one value: 0, or 1 and more. */
export const addValue = (bins: Bins, value: number, times = 1): void => {
  const bin = value < 1 ? ZERO : Math.ceil(Math.log(value) / LOG_GAMMA)
  bins.set(bin, (bins.get(bin) ?? 0) + times)
}

/** Adds all of `other`, or takes it away. */
export const addBins = (into: Bins, other: ReadonlyMap<number, number>, sign: 1 | -1 = 1): void => {
  for (const [bin, times] of other) {
    const sum = (into.get(bin) ?? 0) + sign * times
    if (sum === 0) into.delete(bin)
    else into.set(bin, sum)
  }
}

/** The value that `q` (0 to 1) of all are not above; undefined of nothing. */
export const quantile = (bins: ReadonlyMap<number, number>, q: number): number | undefined => {
  let total = 0
  for (const times of bins.values()) total += times
  if (total === 0) return undefined
  const rank = q * (total - 1)
  let passed = 0
  for (const bin of [...bins.keys()].sort((a, b) => a - b)) {
    passed += bins.get(bin)!
    if (passed > rank) return bin === ZERO ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1)
  }
  throw new RangeError('unreachable: the ranks of all bins end at the total')
}
