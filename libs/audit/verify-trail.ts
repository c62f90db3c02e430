import type { Sql } from '#libs/database'
import { BEGINNING, breakIn } from './entry.ts'
import { readEntries, readHead } from './sql/read-entries.ts'

const AT_ONCE = 5_000

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
    const broken = breakIn(last, entries)
    if (broken !== undefined) return { holds: false, ...broken }
    const end = entries.find(({ seq }) => seq === head.seq)
    if (end !== undefined && end.hash !== head.hash)
      return { holds: false, brokenAt: Number(head.seq), detail: 'the trail ends otherwise than it did' }
    last = entries.at(-1) ?? last
    if (entries.length === 0) return { holds: false, brokenAt: Number(last.seq + 1n), detail: 'the entry is missing' }
  }
  return { holds: true, entries: Number(head.seq) }
}
