import { type Priority, rankOf } from './channels.ts'

/** How much a customer is told in any hour. */
export interface Limits {
  /** Of whatever priority. */
  readonly perHour: number
  /** What `high` may have beyond that. */
  readonly overdraft: number
}

/** One that waits for its turn. Times in milliseconds since the epoch. */
export interface Waiting {
  readonly id: string
  readonly priority: Priority
  /** Since when: of one priority the oldest goes first. */
  readonly since: number
  /** Its customer's quiet hours end then. */
  readonly notBefore: number
}

export interface Turn {
  /** May go now, in this order. */
  readonly released: readonly string[]
  /** When to look again; undefined when nothing waits any more. */
  readonly nextAt: number | undefined
}

export const HOUR_MS = 3_600_000

/**
 * Whose turn it is of what waits for one customer: in order of priority and age, as long as no hour that ends now has
 * more than the limit. Nothing is ever dropped: what is over the limit waits until the hour has room.
 *
 * @param released when earlier ones of the last hour went, in any order
 */
export const takeTurns = (
  now: number,
  waiting: readonly Waiting[],
  released: readonly number[],
  limits: Limits,
): Turn => {
  const gone = released.filter((at) => at > now - HOUR_MS).sort((a, b) => a - b)
  const turns: string[] = []
  let nextAt: number | undefined
  for (const { id, priority, notBefore } of [...waiting].sort(byTurn)) {
    const mayGoAt = Math.max(notBefore, roomAt(now, gone, limitOf(priority, limits)))
    if (mayGoAt <= now) {
      turns.push(id)
      gone.push(now)
    } else nextAt = Math.min(nextAt ?? mayGoAt, mayGoAt)
  }
  return { released: turns, nextAt }
}

/** Whether one more may go at once, which leaves everything that waits its turn. */
export const hasRoom = (released: number, priority: Priority, limits: Limits): boolean =>
  released < limitOf(priority, limits)

const limitOf = (priority: Priority, { perHour, overdraft }: Limits): number =>
  priority === 'high' ? perHour + overdraft : perHour

/** When the last hour has room for one more; `gone` ascending. */
const roomAt = (now: number, gone: readonly number[], limit: number): number =>
  gone.length < limit ? now : gone[gone.length - limit]! + HOUR_MS

const byTurn = (a: Waiting, b: Waiting): number =>
  rankOf(a.priority) - rankOf(b.priority) || a.since - b.since || (a.id < b.id ? -1 : 1)
