import type { Sql } from '#libs/database'
import { type AuditHead, hashOf } from './entry.ts'
import { readEntries, readHead } from './sql/read-entries.ts'

const AT_ONCE = 5_000
const BEGINNING: AuditHead = { seq: 0n, hash: '0'.repeat(64) }

export type Verification =
  | { readonly holds: true; readonly entries: number }
  /** `brokenAt` is the first entry that is missing, or is not what was written. */
  | { readonly holds: false; readonly brokenAt: number; readonly detail: string }

/** Reads the whole trail and says whether it is what was written: every entry there, unchanged, in its place. */
export const verifyTrail = async (sql: Sql): Promise<Verification> => {
  // Asked first: what is added meanwhile lies behind it.
  const head = await readHead(sql)
  let last = BEGINNING
  while (last.seq < head.seq) {
    const entries = await readEntries(sql, last.seq, AT_ONCE)
    for (const entry of entries) {
      const brokenAt = Number(last.seq + 1n)
      if (entry.seq !== last.seq + 1n) return { holds: false, brokenAt, detail: 'the entry is missing' }
      if (entry.previousHash !== last.hash || hashOf(entry) !== entry.hash)
        return { holds: false, brokenAt, detail: 'the entry is not what was written' }
      last = entry
      if (last.seq === head.seq && last.hash !== head.hash)
        return { holds: false, brokenAt, detail: 'the trail ends otherwise than it did' }
    }
    if (entries.length === 0) return { holds: false, brokenAt: Number(last.seq + 1n), detail: 'the entry is missing' }
  }
  return { holds: true, entries: Number(head.seq) }
}
