import type { ShopEvent } from '#libs/contracts'
import { randomFrom, zipf } from './random.ts'
import type { Shop, TrafficOptions } from './traffic.ts'
import { Visitor } from './visitor.ts'

/** Every event is a little out of order. */
const JITTER_MS = 200
/** A duplicate comes after so many others at most. */
const DUPLICATE_WITHIN = 1_000

export interface GeneratedEvent {
  readonly event: ShopEvent
  /** When it is to be sent, in milliseconds behind the first. */
  readonly dueMs: number
  readonly late: boolean
  readonly duplicate: boolean
}

/**
 * The events in the order in which they arrive, `rate` times `seconds` of them and their duplicates. Pure: the same
 * options and the same shop give the same.
 */
export function* generate(options: TrafficOptions, shop: Shop): Generator<GeneratedEvent, void> {
  const { rate, seconds, seed, start, late: latePart, lateSeconds, duplicates } = options
  const random = randomFrom(seed)
  const run = `${seed.toString(36)}-${start.toString(36)}`
  let sessions = 0
  const nextProduct = zipf(shop.products.length, options.skew, random)
  const nextSession = () => `s-${run}-${(sessions++).toString(36)}`
  const visitors = new Array<Visitor | undefined>(options.visitors).fill(undefined)
  /** By the number of the event behind which they come. */
  const again = new Map<number, ShopEvent[]>()

  for (let i = 0; i < rate * seconds; i++) {
    const dueMs = Math.floor((i * 1_000) / rate)
    const place = Math.floor(random() * visitors.length)
    const visitor = visitors[place] ?? new Visitor(shop, random, nextProduct, nextSession)
    visitors[place] = visitor
    const step = visitor.step()
    const late = random() < latePart
    const delayMs = Math.floor(random() * (late ? lateSeconds * 1_000 : JITTER_MS))
    const event = { ...step, id: `${run}-${i.toString(36)}`, time: start + dueMs - delayMs } as ShopEvent
    yield { event, dueMs, late, duplicate: false }
    if (duplicates > 0 && random() < duplicates) {
      const behind = i + Math.floor(random() * DUPLICATE_WITHIN)
      again.set(behind, [...(again.get(behind) ?? []), event])
    }
    for (const event of again.get(i) ?? []) yield { event, dueMs, late: false, duplicate: true }
    again.delete(i)
  }
  for (const events of again.values())
    for (const event of events) yield { event, dueMs: seconds * 1_000, late: false, duplicate: true }
}
