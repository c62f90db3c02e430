import type { Sql } from '#libs/database'
import type { PaneKind, StoredPane } from '../domain/pane.ts'

export interface PaneKey {
  readonly partition: number
  /** Milliseconds since 1970. */
  readonly start: number
  readonly kind: PaneKind
}

export const paneKey = ({ partition, start, kind }: PaneKey): string => `${partition}/${start}/${kind}`
const keysOnly = (keys: readonly PaneKey[]): string =>
  JSON.stringify(keys.map(({ partition, start, kind }) => ({ partition, start, kind })))

/** What is stored of these in a generation, by `paneKey`. */
export const readPanes = async (
  sql: Sql,
  generation: number,
  keys: readonly PaneKey[],
): Promise<Map<string, StoredPane>> => {
  const rows = await sql.query<{ partition: number; start: string; kind: PaneKind; pane: StoredPane }>(
    `SELECT partition, start::text, kind, pane FROM panes
       JOIN json_to_recordset($1::json) AS wanted (partition int, start bigint, kind text) USING (partition, start, kind)
      WHERE generation = $2::int`,
    keysOnly(keys),
    generation,
  )
  return new Map(rows.map(({ start, pane, ...row }) => [paneKey({ ...row, start: Number(start) }), pane]))
}

export const savePanes = async (
  sql: Sql,
  generation: number,
  panes: readonly (PaneKey & { readonly pane: StoredPane })[],
): Promise<void> => {
  if (panes.length === 0) return
  await sql.execute(
    `INSERT INTO panes (generation, partition, start, kind, pane)
     SELECT $2::int, partition, start, kind, pane
       FROM json_to_recordset($1::json) AS given (partition int, start bigint, kind text, pane json)
     ON CONFLICT (generation, partition, start, kind) DO UPDATE SET pane = EXCLUDED.pane`,
    JSON.stringify(panes.map(({ partition, start, kind, pane }) => ({ partition, start, kind, pane }))),
    generation,
  )
}

export const forgetPanes = async (sql: Sql, generation: number, keys: readonly PaneKey[]): Promise<void> => {
  if (keys.length === 0) return
  await sql.execute(
    `DELETE FROM panes USING json_to_recordset($1::json) AS gone (partition int, start bigint, kind text)
      WHERE generation = $2::int AND panes.partition = gone.partition AND panes.start = gone.start AND panes.kind = gone.kind`,
    keysOnly(keys),
    generation,
  )
}
