import { hash } from 'node:crypto'

/** What somebody did, or tried to. */
export interface Deed {
  /** E.g. `customer:cust-0001`, `operator:ada`. */
  readonly actor: string
  /** E.g. `order.place`. */
  readonly action: string
  /** What it was done to, e.g. `order/0b7e…`. */
  readonly target: string
  /** Why, in the actor's own words. */
  readonly reason?: string
  readonly outcome: 'done' | 'refused'
  /** Why it was refused. */
  readonly detail?: string
}

/** An entry of the trail. */
export interface AuditEntry extends Omit<Deed, 'reason' | 'detail'> {
  /** Counts from 1 without a gap. */
  readonly seq: bigint
  readonly at: Date
  readonly reason: string | null
  readonly detail: string | null
  /** Of the entry before, 64 zeros before the first. */
  readonly previousHash: string
  /** SHA-256, in hex, of everything above. */
  readonly hash: string
}

/** The end of a chain of entries. */
export interface AuditHead {
  readonly seq: bigint
  readonly hash: string
}

export const hashOf = (entry: Omit<AuditEntry, 'hash'>): string => {
  const { seq, at, actor, action, target, reason, outcome, detail, previousHash } = entry
  const fields = [String(seq), at.toISOString(), actor, action, target, reason, outcome, detail, previousHash]
  return hash('sha256', JSON.stringify(fields))
}

/** The deeds as entries that follow `head`, in order. */
export const chain = (head: AuditHead, deeds: readonly Deed[], at: Date): AuditEntry[] => {
  const entries: AuditEntry[] = []
  let { seq, hash: previousHash } = head
  for (const { reason = null, detail = null, ...deed } of deeds) {
    const entry = { ...deed, reason, detail, at, seq: ++seq, previousHash }
    previousHash = hashOf(entry)
    entries.push({ ...entry, hash: previousHash })
  }
  return entries
}

/** The first of the entries after `last` that is missing or is not what was written, if there is one. */
export const breakIn = (
  last: AuditHead,
  entries: readonly AuditEntry[],
): { readonly brokenAt: number; readonly detail: string } | undefined => {
  let { seq, hash: previousHash } = last
  for (const entry of entries) {
    const brokenAt = Number(++seq)
    if (entry.seq !== seq) return { brokenAt, detail: 'the entry is missing' }
    if (entry.previousHash !== previousHash || hashOf(entry) !== entry.hash)
      return { brokenAt, detail: 'the entry is not what was written' }
    previousHash = entry.hash
  }
  return undefined
}

export const BEGINNING: AuditHead = { seq: 0n, hash: '0'.repeat(64) }
