import type { Sql } from '#libs/database'
import { ACCURACY, decodeRegisters, estimate, quantile, SECOND, STANDARD_ERROR } from '#libs/streams'
import type { Dimension, Measure } from '../domain/measures.ts'
import { topology } from '../domain/topology.ts'
import { type CountedWindow, readCounts, readProducts, readSketches, type WindowsAsked } from '../sql/read-windows.ts'
import { readVisits, type VisitRow } from '../sql/visits.ts'

export const metrics = [
  'sales',
  'conversion',
  'traffic',
  'quality',
  'visitors',
  'basket-value',
  'top-products',
  'visits',
] as const
export type Metric = (typeof metrics)[number]

/** What each metric that is made of sums says of a window. */
const counted = {
  sales: ['checkouts', 'purchases', 'units', 'revenue'],
  conversion: ['views', 'baskets', 'purchases', 'converted'],
  traffic: ['views', 'searches', 'baskets', 'checkouts'],
  quality: ['late', 'early', 'duplicates', 'unreadable'],
} as const satisfies Record<string, readonly Measure[]>

/** The windows of a metric, in order; `limit` rows at most. */
export const readMetric = async (sql: Sql, metric: Metric, asked: WindowsAsked, by: Dimension, limit: number) => {
  if (metric in counted) {
    const rows = await readCounts(sql, asked, by, limit)
    return rows.map((row) => countedItem(metric as keyof typeof counted, row, by))
  }
  if (metric === 'top-products') return topProducts(sql, asked, limit)
  if (metric === 'visits') return (await readVisits(sql, asked, by, limit)).map((row) => visitsItem(row, by))
  const windows = await readSketches(sql, asked, limit)
  return windows.map(({ start, visitors, baskets }) => ({
    start,
    ...(metric === 'visitors'
      ? { visitors: estimate(decodeRegisters(visitors)), standardError: STANDARD_ERROR }
      : { ...percentiles(new Map(baskets)), currency: topology.currency, relativeError: ACCURACY }),
  }))
}

const countedItem = (metric: keyof typeof counted, { start, key, sums }: CountedWindow, by: Dimension) => ({
  start,
  ...(by === 'all' ? {} : { key }),
  ...Object.fromEntries(counted[metric].map((measure) => [measure, sums[measure]])),
  ...(metric === 'sales' && { currency: topology.currency }),
  ...(metric === 'conversion' && { rate: sums.views === 0 ? null : sums.converted / sums.views }),
})

/** Of the visits that ended in a window: the average is exact, the median is not. */
const visitsItem = ({ start, key, visits, pages, duration, durations }: VisitRow, by: Dimension) => ({
  start: new Date(start),
  ...(by === 'all' ? {} : { key }),
  ...{ visits, pages, pagesPerVisit: pages / visits },
  ...{ averageSeconds: seconds(duration / visits), medianSeconds: seconds(quantile(new Map(durations), 0.5)!) },
  relativeError: ACCURACY,
})

const seconds = (ms: number): number => Math.round(ms) / SECOND

const percentiles = (bins: ReadonlyMap<number, number>) => {
  const at = (q: number) => {
    const value = quantile(bins, q)
    return value === undefined ? null : Math.round(value)
  }
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) }
}

/** By the pieces that were sold. A second counts its products exactly; larger windows by a sketch that says how far it is off. */
const topProducts = async (sql: Sql, asked: WindowsAsked, limit: number) => {
  const windows = asked.step === SECOND ? await exactTop(sql, asked, limit) : await readSketches(sql, asked, limit)
  const tops = windows.map(({ start, top }) => ({ start, top: top.slice(0, topology.top.products) }))
  const names = await readProducts(sql, [...new Set(tops.flatMap(({ top }) => top.map(({ key }) => key)))])
  return tops.flatMap(({ start, top }) =>
    top.map(({ key, count, error }) => ({ start, key, name: names.get(key)?.name ?? null, units: count, error })),
  )
}

const exactTop = async (sql: Sql, asked: WindowsAsked, limit: number) => {
  const rows = (await readCounts(sql, asked, 'product', limit)).filter(({ sums }) => sums.units > 0)
  return [...Map.groupBy(rows, ({ start }) => start.getTime())].map(([start, ofWindow]) => ({
    start: new Date(start),
    top: ofWindow
      .map(({ key, sums }) => ({ key, count: sums.units, error: 0 }))
      .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)),
  }))
}
