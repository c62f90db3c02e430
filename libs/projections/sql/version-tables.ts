import type { Sql } from '#libs/database'
import { type Projection, tableOf } from '../projection.ts'

/** The empty tables of a version. */
export const createTables = async (sql: Sql, { tables }: Projection, version: number): Promise<void> => {
  for (const table of tables) {
    const name = tableOf(table, version)
    const storage = table.storage === undefined ? '' : ` WITH (${table.storage})`
    await sql.execute(`CREATE TABLE ${name} (${table.columns})${storage}`)
    for (const index of table.indexes ?? []) await sql.execute(`CREATE INDEX ON ${name} ${index}`)
  }
}

/** Readers see this version from the end of this transaction on, all of its tables at once. */
export const pointViewsAt = async (sql: Sql, { tables }: Projection, version: number): Promise<void> => {
  for (const table of tables)
    await sql.execute(`CREATE OR REPLACE VIEW ${table.name} AS SELECT * FROM ${tableOf(table, version)}`)
}

export const dropTables = async (sql: Sql, { tables }: Projection, version: number): Promise<void> => {
  for (const table of tables) await sql.execute(`DROP TABLE IF EXISTS ${tableOf(table, version)}`)
}
