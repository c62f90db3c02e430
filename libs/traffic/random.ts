/** The same numbers for the same seed, on every machine: Mulberry32. Each call answers one of [0, 1). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Draws from 0 to `count` - 1, the n-th with a weight of 1 / n^skew: a few are had by most, as with products. */
export const zipf = (count: number, skew: number, random: () => number): (() => number) => {
  const upTo = new Float64Array(count)
  let sum = 0
  for (let i = 0; i < count; i++) {
    sum += (i + 1) ** -skew
    upTo[i] = sum
  }
  return () => {
    const wanted = random() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (upTo[middle]! <= wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}
