import type { Sql } from '#libs/database'
import { type ProjectionTable, tableOf } from '../projection.ts'

export interface Versions {
  readonly serving: number
  readonly candidate: number
}

/** Rows by key: those behind `after` up to and including `upto`; or those named. */
export type KeyRange =
  | { readonly after: string; readonly upto: string }
  | { readonly keys: readonly string[] }
  | undefined

export interface ComparedRows {
  readonly serving: number
  readonly candidate: number
  /** XOR of the digests of the rows, as signed 64-bit numbers. */
  readonly servingDigest: bigint
  readonly candidateDigest: bigint
  readonly differences: readonly { readonly key: string; readonly kind: 'missing' | 'added' | 'differing' }[]
}

/** Both versions in one snapshot. */
export const compareRows = async (
  sql: Sql,
  table: ProjectionTable,
  { serving, candidate }: Versions,
  range?: KeyRange,
): Promise<ComparedRows> => {
  const { key, says, where = 'true' } = table.compared
  const keyText = `concat_ws('/', ${key.map((column) => `t.${column}`).join(', ')})`
  const within =
    range === undefined
      ? 'true'
      : 'keys' in range
        ? `${keyText} = ANY($1::text[])`
        : `t.${key[0]} > $1::uuid AND t.${key[0]} <= $2::uuid`
  const digests = (version: number): string =>
    `SELECT ${keyText} AS key, md5(${keyText} || ' ' || ${says}) AS digest
       FROM ${tableOf(table, version)} t WHERE (${where}) AND ${within}`
  const parameters = range === undefined ? [] : 'keys' in range ? [range.keys] : [range.after, range.upto]
  const xor = `coalesce(bit_xor(('x' || left(digest, 16))::bit(64)::bigint), 0)`
  const [row] = await sql.query<
    Omit<ComparedRows, 'differences'> & { differences: ComparedRows['differences'] | null }
  >(
    `WITH old AS (${digests(serving)}), new AS (${digests(candidate)}), differing AS (
       SELECT key, CASE WHEN new.digest IS NULL THEN 'missing' WHEN old.digest IS NULL THEN 'added' ELSE 'differing' END AS kind
         FROM old FULL JOIN new USING (key) WHERE old.digest IS DISTINCT FROM new.digest)
     SELECT (SELECT count(*) FROM old)::int AS serving, (SELECT count(*) FROM new)::int AS candidate,
            (SELECT ${xor} FROM old) AS "servingDigest", (SELECT ${xor} FROM new) AS "candidateDigest",
            (SELECT json_agg(json_build_object('key', key, 'kind', kind)) FROM differing) AS differences`,
    ...parameters,
  )
  return { ...row!, differences: row!.differences ?? [] }
}

/** The key up to which the next `count` rows go, of both versions together; undefined when there are no more. */
export const nextKey = async (
  sql: Sql,
  table: ProjectionTable,
  { serving, candidate }: Versions,
  after: string,
  count: number,
): Promise<string | undefined> => {
  const [key] = table.compared.key
  const keys = (version: number): string =>
    `(SELECT ${key} AS key FROM ${tableOf(table, version)} WHERE ${key} > $1::uuid ORDER BY 1 LIMIT $2::int)`
  const [row] = await sql.query<{ key: string }>(
    `SELECT key FROM (SELECT key FROM (${keys(serving)} UNION ${keys(candidate)}) both_of ORDER BY key LIMIT $2::int) next
      ORDER BY key DESC LIMIT 1`,
    after,
    count,
  )
  return row?.key
}
