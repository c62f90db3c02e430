import type { Sql } from '#libs/database'
import type { RowsTable } from '../folded-projection.ts'
import type { FoldedRow } from '../folded-rows.ts'

type Table = RowsTable<unknown>

/** The rows with these keys, locked in one order for everybody, so that two writers wait instead of deadlocking. */
export const loadFolded = (
  sql: Sql,
  table: string,
  { key }: Table,
  keys: readonly string[],
): Promise<{ key: string; state: unknown }[]> =>
  sql.query(`SELECT ${key} AS key, state FROM ${table} WHERE ${key} = ANY($1::uuid[]) ORDER BY ${key} FOR UPDATE`, keys)

/** Answers how many of them were not there yet. */
export const insertFolded = async (
  sql: Sql,
  table: string,
  { key, columns = {} }: Table,
  rows: readonly FoldedRow[],
): Promise<number> => {
  if (rows.length === 0) return 0
  const names = [key, 'state', ...Object.keys(columns)]
  return sql.execute(
    `INSERT INTO ${table} (${names.join(', ')})
     SELECT ${names.map((name) => (name === 'state' ? 'state::json' : name)).join(', ')}
       FROM unnest(${arrays(columns)}) AS new (${names.join(', ')}) ORDER BY ${key}
     ON CONFLICT DO NOTHING`,
    ...parameters(columns, rows),
  )
}

/** Rows that were locked when they were read. */
export const updateFolded = async (
  sql: Sql,
  table: string,
  { key, columns = {} }: Table,
  rows: readonly FoldedRow[],
): Promise<void> => {
  if (rows.length === 0) return
  const names = Object.keys(columns)
  await sql.execute(
    `UPDATE ${table} t SET ${['state = new.state::json', ...names.map((name) => `${name} = new.${name}`)].join(', ')}
       FROM unnest(${arrays(columns)}) AS new (${[key, 'state', ...names].join(', ')})
      WHERE t.${key} = new.${key}`,
    ...parameters(columns, rows),
  )
}

const arrays = (columns: NonNullable<Table['columns']>): string =>
  ['uuid', 'text', ...Object.values(columns).map(({ type }) => type)]
    .map((type, i) => `$${i + 1}::${type}[]`)
    .join(', ')

const parameters = (columns: NonNullable<Table['columns']>, rows: readonly FoldedRow[]): unknown[] => [
  rows.map(({ key }) => key),
  rows.map(({ state }) => JSON.stringify(state)),
  ...Object.values(columns).map(({ of }) => rows.map(({ state }) => of(state))),
]
