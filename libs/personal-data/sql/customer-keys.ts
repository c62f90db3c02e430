import type { Sql } from '#libs/database'
import type { WrappedKey } from '../master-keys.ts'

export interface KeyRow {
  readonly customerId: string
  /** Null: destroyed. */
  readonly key: WrappedKey | null
  readonly isAnnounced: boolean
}

interface Row {
  readonly customerId: string
  readonly wrapped: Buffer | null
  readonly masterKeyId: string | null
  readonly isAnnounced: boolean
}

const COLUMNS =
  'customer_id AS "customerId", wrapped, master_key_id AS "masterKeyId", announced_at IS NOT NULL AS "isAnnounced"'

const keyRow = ({ customerId, wrapped, masterKeyId, isAnnounced }: Row): KeyRow => ({
  ...{ customerId, isAnnounced },
  key: wrapped === null || masterKeyId === null ? null : { wrapped, masterKeyId },
})

/** Those of these customers that there are. */
export const findKeys = async (sql: Sql, customerIds: readonly string[]): Promise<KeyRow[]> =>
  (await sql.query<Row>(`SELECT ${COLUMNS} FROM customer_keys WHERE customer_id = ANY($1::text[])`, customerIds)).map(
    keyRow,
  )

/**
 * Keeps new keys that were all wrapped by `masterKeyId`; answers whose: not of those who have a row already, and of nobody
 * when another master key is in use by now. The lock makes a rotation wait for whoever is here.
 */
export const insertKeys = async (
  sql: Sql,
  masterKeyId: string,
  keys: readonly { readonly customerId: string; readonly wrapped: Buffer }[],
): Promise<string[]> => {
  const rows = await sql.query<{ customerId: string }>(
    `WITH in_use AS (SELECT id FROM master_key_in_use WHERE id = $1 FOR SHARE)
     INSERT INTO customer_keys (customer_id, wrapped, master_key_id, created_at)
     SELECT new.customer_id, decode(new.wrapped, 'base64'), in_use.id, now()
       FROM in_use, unnest($2::text[], $3::text[]) AS new (customer_id, wrapped) ORDER BY 1
     ON CONFLICT (customer_id) DO NOTHING RETURNING customer_id AS "customerId"`,
    masterKeyId,
    keys.map(({ customerId }) => customerId),
    keys.map(({ wrapped }) => wrapped.toString('base64')),
  )
  return rows.map(({ customerId }) => customerId)
}

/** Leaves tombstones, also of customers who had no key; answers since when they are. */
export const destroyKeys = async (sql: Sql, customerIds: readonly string[]): Promise<Date[]> => {
  const rows = await sql.query<{ at: Date }>(
    `INSERT INTO customer_keys AS k (customer_id, created_at, destroyed_at)
     SELECT id, now(), clock_timestamp() FROM unnest($1::text[]) AS id ORDER BY id
     ON CONFLICT (customer_id) DO UPDATE SET wrapped = NULL, master_key_id = NULL,
       destroyed_at = coalesce(k.destroyed_at, clock_timestamp())
     RETURNING destroyed_at AS at`,
    customerIds,
  )
  return rows.map(({ at }) => at)
}

/** Several processes may say the same of the same customers at the same time: whoever another one is at is left to it. */
export const markAnnounced = (sql: Sql, customerIds: readonly string[]): Promise<number> =>
  sql.execute(
    `UPDATE customer_keys k SET announced_at = now()
       FROM (SELECT customer_id FROM customer_keys WHERE customer_id = ANY($1::text[]) AND announced_at IS NULL
              ORDER BY customer_id FOR UPDATE SKIP LOCKED) AS new
      WHERE k.customer_id = new.customer_id`,
    customerIds,
  )

/** As they were announced; those that are there, or were destroyed, stay as they are. */
export const putBack = (
  sql: Sql,
  keys: readonly { readonly customerId: string; readonly masterKeyId: string; readonly wrapped: string }[],
): Promise<number> =>
  sql.execute(
    `INSERT INTO customer_keys AS k (customer_id, wrapped, master_key_id, created_at, announced_at)
     SELECT customer_id, decode(wrapped, 'base64'), master_key_id, now(), now()
       FROM unnest($1::text[], $2::text[], $3::text[]) AS new (customer_id, wrapped, master_key_id)
     ON CONFLICT (customer_id) DO NOTHING`,
    keys.map(({ customerId }) => customerId),
    keys.map(({ wrapped }) => wrapped),
    keys.map(({ masterKeyId }) => masterKeyId),
  )

/** Whose keys were destroyed within so many seconds. */
export const findDestroyed = async (sql: Sql, seconds: number): Promise<string[]> => {
  const rows = await sql.query<{ customerId: string }>(
    `SELECT customer_id AS "customerId" FROM customer_keys WHERE destroyed_at > now() - make_interval(secs => $1)`,
    seconds,
  )
  return rows.map(({ customerId }) => customerId)
}

export const findMasterKeyInUse = async (sql: Sql): Promise<string | undefined> => {
  const [row] = await sql.query<{ id: string }>('SELECT id FROM master_key_in_use')
  return row?.id
}

/** The first one to come says which it is. */
export const proposeMasterKey = (sql: Sql, id: string): Promise<number> =>
  sql.execute('INSERT INTO master_key_in_use (id) VALUES ($1) ON CONFLICT (one) DO NOTHING', id)

export const useMasterKey = (sql: Sql, id: string): Promise<number> =>
  sql.execute('INSERT INTO master_key_in_use (id) VALUES ($1) ON CONFLICT (one) DO UPDATE SET id = excluded.id', id)

/** Locked against an erasure meanwhile, which would be undone otherwise. */
export const lockKeysNotOf = async (sql: Sql, masterKeyId: string, limit: number): Promise<KeyRow[]> => {
  const rows = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM customer_keys WHERE master_key_id IS NOT NULL AND master_key_id <> $1
      ORDER BY customer_id LIMIT $2 FOR UPDATE`,
    masterKeyId,
    limit,
  )
  return rows.map(keyRow)
}

export const rewrapKeys = (
  sql: Sql,
  masterKeyId: string,
  keys: readonly { readonly customerId: string; readonly wrapped: Buffer }[],
): Promise<number> =>
  sql.execute(
    `UPDATE customer_keys k SET wrapped = decode(new.wrapped, 'base64'), master_key_id = $1
       FROM unnest($2::text[], $3::text[]) AS new (customer_id, wrapped) WHERE k.customer_id = new.customer_id`,
    masterKeyId,
    keys.map(({ customerId }) => customerId),
    keys.map(({ wrapped }) => wrapped.toString('base64')),
  )
