import type pg from 'pg'
import type { Sums } from './truth.ts'

const OF_EVENTS = [
  ...['views', 'searches', 'baskets', 'checkouts', 'purchases', 'units', 'revenue', 'converted'],
  ...['late', 'early', 'duplicates', 'unreadable'],
]
const OF_VISITS = ['visits', 'pages', 'duration']
export const MEASURES = [...OF_EVENTS, ...OF_VISITS]

/** Every number of every window that is served, and is not zero. */
export const storedSums = async (database: pg.Client): Promise<Sums> =>
  new Map([
    ...(await sumsIn(database, 'window_counts', OF_EVENTS)),
    ...(await sumsIn(database, 'window_visits', OF_VISITS)),
  ])

const sumsIn = async (database: pg.Client, table: string, measures: readonly string[]): Promise<Sums> => {
  const { rows } = await database.query<Record<string, string>>(
    `SELECT step, (extract(epoch FROM start) * 1000)::bigint AS start, dimension, key, ${measures} FROM ${table}
      WHERE generation = (SELECT generation FROM served_generation)`,
  )
  return new Map(
    rows.flatMap(({ step, start, dimension, key, ...sums }) =>
      measures
        .filter((measure) => sums[measure] !== '0')
        .map((measure) => [`${step} ${start} ${dimension} ${key} ${measure}`, Number(sums[measure])] as const),
    ),
  )
}

/** What differs, the first few: maps of so many entries are no reading. */
export const differences = (found: Sums, truth: Sums): string[] => {
  const names = new Set([...found.keys(), ...truth.keys()])
  return [...names]
    .filter((name) => found.get(name) !== truth.get(name))
    .map((name) => `${name}: ${found.get(name)} in place of ${truth.get(name)}`)
    .slice(0, 10)
}
