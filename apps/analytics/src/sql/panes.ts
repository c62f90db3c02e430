import type { Sql } from '#libs/database'
import type { StoredPane } from '../domain/pane.ts'

export interface PaneKey {
  readonly partition: number
  /** Milliseconds since 1970. */
  readonly start: number
}

export const paneKey = ({ partition, start }: PaneKey): string => `${partition}/${start}`

/** What is stored of these in a generation, by `paneKey`. */
export const readPanes = async (
  sql: Sql,
  generation: number,
  keys: readonly PaneKey[],
): Promise<Map<string, StoredPane>> => {
  const rows = await sql.query<{ partition: number; start: string; pane: StoredPane }>(
    `SELECT partition, start::text, pane FROM panes
       JOIN json_to_recordset($1::json) AS wanted (partition int, start bigint) USING (partition, start)
      WHERE generation = $2::int`,
    JSON.stringify(keys),
    generation,
  )
  return new Map(rows.map(({ partition, start, pane }) => [paneKey({ partition, start: Number(start) }), pane]))
}

export const savePanes = async (
  sql: Sql,
  generation: number,
  panes: readonly (PaneKey & { readonly pane: StoredPane })[],
): Promise<void> => {
  if (panes.length === 0) return
  await sql.execute(
    `INSERT INTO panes (generation, partition, start, pane)
     SELECT $2::int, partition, start, pane FROM json_to_recordset($1::json) AS given (partition int, start bigint, pane json)
     ON CONFLICT (generation, partition, start) DO UPDATE SET pane = EXCLUDED.pane`,
    JSON.stringify(panes.map(({ partition, start, pane }) => ({ partition, start, pane }))),
    generation,
  )
}

export const forgetPanes = async (sql: Sql, generation: number, keys: readonly PaneKey[]): Promise<void> => {
  if (keys.length === 0) return
  await sql.execute(
    `DELETE FROM panes USING json_to_recordset($1::json) AS gone (partition int, start bigint)
      WHERE generation = $2::int AND panes.partition = gone.partition AND panes.start = gone.start`,
    JSON.stringify(keys),
    generation,
  )
}
