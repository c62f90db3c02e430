import type { RangeFunction } from './syntax.ts'

/** A value of a series at a time, in seconds since 1970. */
export interface Sample {
  readonly at: number
  readonly value: number
}

/**
 * By how much a series changed over the range before `now`, as Prometheus estimates it: resets of a counter are added
 * up, and what happened before the first and after the last sample is extrapolated, by half a distance between samples at
 * most where the series does not reach that far, and never below zero. Undefined with fewer than two samples.
 */
export const changeOver = (
  name: RangeFunction,
  samples: readonly Sample[],
  now: number,
  range: number,
): number | undefined => {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || samples.length < 2) return undefined
  const isCounter = name !== 'delta'
  let change = last.value - first.value
  if (isCounter)
    for (let i = 1; i < samples.length; i++)
      if (samples[i]!.value < samples[i - 1]!.value) change += samples[i - 1]!.value
  const seen = last.at - first.at
  const apart = seen / (samples.length - 1)
  let before = first.at - (now - range)
  const after = now - last.at
  if (isCounter && change > 0 && first.value >= 0) before = Math.min(before, seen * (first.value / change))
  const reach = (gap: number): number => (gap < apart * 1.1 ? gap : apart / 2)
  const extrapolated = change * ((seen + reach(before) + reach(after)) / seen)
  return name === 'rate' ? extrapolated / range : extrapolated
}
