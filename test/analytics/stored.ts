import type pg from 'pg'
import type { Sums } from './truth.ts'

export const MEASURES = [
  ...['views', 'searches', 'baskets', 'checkouts', 'purchases', 'units', 'revenue', 'converted'],
  ...['late', 'early', 'duplicates', 'unreadable'],
]

/** Every number of every window that is served, and is not zero. */
export const storedSums = async (database: pg.Client): Promise<Sums> => {
  const { rows } = await database.query<Record<string, string>>(
    `SELECT step, (extract(epoch FROM start) * 1000)::bigint AS start, dimension, key, ${MEASURES} FROM window_counts
      WHERE generation = (SELECT generation FROM served_generation)`,
  )
  return new Map(
    rows.flatMap(({ step, start, dimension, key, ...sums }) =>
      MEASURES.filter((measure) => sums[measure] !== '0').map(
        (measure) => [`${step} ${start} ${dimension} ${key} ${measure}`, Number(sums[measure])] as const,
      ),
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
