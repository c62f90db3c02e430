import { z } from 'zod'
import { type ShopEvent, shopEvent } from '#libs/contracts'
import { Problem } from '#libs/http'

export const MOST_EVENTS = 1_000
/** An instant may be said as browsers do, too: `new Date().toISOString()`. */
const instant = z.iso.datetime({ offset: true })
/** A clock may be wrong, or a page have been offline; what is further away says nothing any more. Milliseconds. */
const DAY_MS = 86_400_000
const [OLDEST_MS, AHEAD_MS] = [30 * DAY_MS, DAY_MS]

export interface ParsedEvents {
  readonly events: readonly ShopEvent[]
  /** By their place in what was sent, from 0. */
  readonly rejected: readonly { readonly index: number; readonly detail: string }[]
}

/**
 * The events in a body, NDJSON or a JSON array; those that are none, each with the reason. `now`: ms since 1970.
 * @throws Problem 400 when it is no list at all, 413 when it is too long.
 */
export const parseEvents = (body: string, isNdjson: boolean, now: number): ParsedEvents => {
  const items = isNdjson ? linesOf(body) : itemsOf(body)
  if (items.length > MOST_EVENTS)
    throw new Problem(413, { type: 'too-many-events', detail: `${MOST_EVENTS} events at once, not ${items.length}` })
  const events: ShopEvent[] = []
  const rejected: { index: number; detail: string }[] = []
  for (const [index, item] of items.entries()) {
    const parsed = eventOf(item, now)
    if (typeof parsed === 'string') rejected.push({ index, detail: parsed })
    else events.push(parsed)
  }
  return { events, rejected }
}

type Item = { readonly value: unknown } | { readonly problem: string }

const linesOf = (body: string): Item[] => {
  // What is too long is not parsed to the end to say so.
  const lines = body.split('\n', MOST_EVENTS + 2).filter((line) => line.trim() !== '')
  return lines.map((line) => {
    try {
      return { value: JSON.parse(line) as unknown }
    } catch {
      return { problem: 'not JSON' }
    }
  })
}

const itemsOf = (body: string): Item[] => {
  let list: unknown
  try {
    list = JSON.parse(body)
  } catch (error) {
    throw new Problem(400, { type: 'invalid-request', detail: `not JSON: ${(error as Error).message}` })
  }
  if (!Array.isArray(list))
    throw new Problem(400, { type: 'invalid-request', detail: 'an array of events is expected' })
  return list.map((value) => ({ value }))
}

/** An event, or what is wrong with it. */
const eventOf = (item: Item, now: number): ShopEvent | string => {
  if ('problem' in item) return item.problem
  const parsed = shopEvent.safeParse(withMilliseconds(item.value))
  if (!parsed.success)
    return parsed.error.issues
      .slice(0, 5)
      .map(({ path, message }) => `/${path.join('/')} ${message}`)
      .join('; ')
  const { time } = parsed.data
  if (time > now + AHEAD_MS) return '/time is more than a day ahead'
  return time < now - OLDEST_MS ? '/time is more than 30 days ago' : parsed.data
}

const withMilliseconds = (value: unknown): unknown => {
  const time = typeof value === 'object' && value !== null ? (value as { time?: unknown }).time : undefined
  return typeof time === 'string' && instant.safeParse(time).success
    ? { ...(value as object), time: Date.parse(time) }
    : value
}
