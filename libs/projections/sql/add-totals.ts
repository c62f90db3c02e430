import type { Sql } from '#libs/database'
import type { TotalsTable } from '../folded-projection.ts'
import type { TotalsChange } from '../folded-rows.ts'

/** Adds to what is there, in the order given. */
export const addTotals = async (
  sql: Sql,
  table: string,
  { key, sums }: Pick<TotalsTable<unknown>, 'key' | 'sums'>,
  changes: readonly TotalsChange[],
): Promise<void> => {
  if (changes.length === 0) return
  const [keys, values] = [Object.keys(key), Object.keys(sums)]
  const types = [...Object.values(key), ...Object.values(sums)]
  const names = [...keys, ...values].join(', ')
  await sql.execute(
    `INSERT INTO ${table} AS t (${names})
     SELECT ${names} FROM unnest(${types.map((type, i) => `$${i + 1}::${type}[]`).join(', ')})
                          WITH ORDINALITY AS change (${names}, place) ORDER BY place
     ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${values.map((name) => `${name} = t.${name} + excluded.${name}`).join(', ')}`,
    ...keys.map((_, i) => changes.map((change) => change.key[i])),
    ...values.map((_, i) => changes.map((change) => change.sums[i])),
  )
}
