import type { Value } from './evaluate.ts'

/** Values below which a share `q` of the observations lies, from the buckets of histograms; interpolated, as Prometheus does. */
export const quantileOf = (q: number, buckets: readonly Value[]): Value[] => {
  const histograms = new Map<string, { labels: Value['labels']; bounds: { le: number; count: number }[] }>()
  for (const { labels, value } of buckets) {
    const { le, ...rest } = labels
    if (le === undefined) continue
    const key = JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))
    const histogram = histograms.get(key) ?? { labels: rest, bounds: [] }
    histogram.bounds.push({ le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count: value })
    histograms.set(key, histogram)
  }
  return Array.from(histograms.values(), ({ labels, bounds }) => ({
    labels,
    value: within(
      q,
      bounds.sort((a, b) => a.le - b.le),
    ),
  }))
}

const within = (q: number, bounds: readonly { readonly le: number; readonly count: number }[]): number => {
  const total = bounds.at(-1)?.count ?? 0
  if (total === 0 || bounds.length < 2) return Number.NaN
  const rank = q * total
  const at = bounds.findIndex(({ count }) => count >= rank)
  const [below, bucket] = [bounds[at - 1], bounds[at]!]
  if (bucket.le === Number.POSITIVE_INFINITY) return below!.le
  const [from, counted] = [below?.le ?? 0, below?.count ?? 0]
  return from + ((bucket.le - from) * (rank - counted)) / (bucket.count - counted)
}
