import type { Sql } from '#libs/database'
import { replay } from '#libs/decider'
import { readState, readStream } from '#libs/event-store'
import { type Change, changesOf, type Quantities, stockHistory, stockStream } from './domain/movements.ts'

/** A place in a product's history: the version of an event, and which of the event's changes, counted from 1. */
export interface Place {
  readonly version: number
  readonly part: number
}

export interface RecordedChange extends Place {
  readonly change: Change
  /** The level behind it. Between two changes of one event nobody else saw it. */
  readonly after: Quantities
  readonly at: Date
}

/** Events that are read at once: each has as many changes as its transaction had, one at least. */
const EVENTS_AT_ONCE = 100
const NOW: Place = { version: 2_147_483_647, part: 1 }

/** The youngest changes of a product's level before a place, by default now: youngest first, `limit` of them at most. */
export const changesBefore = async (
  sql: Sql,
  sku: string,
  limit: number,
  before: Place = NOW,
): Promise<RecordedChange[]> => {
  const changes: RecordedChange[] = []
  let upTo = before.part > 1 ? before.version : before.version - 1
  while (changes.length < limit && upTo > 0) {
    const older = await changesUpTo(sql, stockStream(sku), upTo, Math.min(limit - changes.length, EVENTS_AT_ONCE))
    changes.push(...older.filter((change) => isBefore(change, before)).reverse())
    upTo = (older[0]?.version ?? 1) - 1
  }
  return changes.slice(0, limit)
}

/** The changes of the newest `count` events up to a version, oldest first. */
const changesUpTo = async (sql: Sql, stream: string, version: number, count: number): Promise<RecordedChange[]> => {
  const events = await readStream(sql, stream, { asOf: version, only: { newest: count } })
  if (events.length === 0) return []
  const start = await readState(sql, stockHistory, stream, { asOf: events[0]!.version - 1 })
  let level = start?.state ?? stockHistory.initial
  const changes: RecordedChange[] = []
  for (const { event, state } of replay(stockHistory, events, level)) {
    const { version, at } = event
    for (const [i, { change, after }] of changesOf(event, level).entries())
      changes.push({ version, part: i + 1, change, after, at })
    level = state
  }
  return changes
}

const isBefore = (place: Place, other: Place): boolean =>
  place.version < other.version || (place.version === other.version && place.part < other.part)
