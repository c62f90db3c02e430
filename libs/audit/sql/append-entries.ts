import type { Sql } from '#libs/database'
import type { AuditEntry } from '../entry.ts'

/** Adds entries, in order, and moves the end of the trail, which this transaction has locked, behind them. */
export const appendEntries = (sql: Sql, entries: readonly AuditEntry[]): Promise<number> =>
  sql.execute(
    `WITH added AS (
       INSERT INTO audit_entries (seq, at, actor, action, target, reason, outcome, detail, previous_hash, hash)
       SELECT seq, $2::timestamptz, actor, action, target, reason, outcome, detail, previous_hash, hash
         FROM unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                     $10::text[])
              AS entry(seq, actor, action, target, reason, outcome, detail, previous_hash, hash)
     )
     UPDATE audit_head SET seq = $11::bigint, hash = $12 WHERE id = 1`,
    entries.map(({ seq }) => seq),
    entries[0]!.at,
    entries.map(({ actor }) => actor),
    entries.map(({ action }) => action),
    entries.map(({ target }) => target),
    entries.map(({ reason }) => reason),
    entries.map(({ outcome }) => outcome),
    entries.map(({ detail }) => detail),
    entries.map(({ previousHash }) => previousHash),
    entries.map(({ hash }) => hash),
    entries.at(-1)!.seq,
    entries.at(-1)!.hash,
  )
