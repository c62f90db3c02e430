import { type ShopEvent, writeShopEvent } from '#libs/contracts'
import type { OutgoingShopEvent } from './truth.ts'

const PRODUCTS = 40
const COUNTRIES = ['DE', 'FR', 'PL', 'AT', 'NL']
const DEVICES = ['desktop', 'mobile', 'tablet', 'app'] as const
/** From one event to the next: event time passes faster than the clock, hours within a test. */
export const STEP_MS = 35
/** Those who come back, after everybody of so many stretches of 400 events. */
const COME_BACK = 25

/** Small and reproducible (mulberry32). */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

/**
 * Sessions that look, put into the basket and buy; with favourites among products and sessions, out of order, some late,
 * some sent twice, some that are no events. Most end after a while; a few come back minutes later.
 */
export function* traffic(seed: number, begin: number, stepMs = STEP_MS): Generator<OutgoingShopEvent> {
  const next = random(seed)
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() ** 2 * all.length)]!
  const products = Array.from({ length: PRODUCTS }, (_, n) => `P-${n}`)
  let last: OutgoingShopEvent | undefined
  for (let n = 0; ; n++) {
    if (last !== undefined && next() < 0.02) yield last
    const stretch = Math.floor(n / 400)
    const session = next() < 0.05 ? `r-${stretch % COME_BACK}` : `s-${stretch}-${Math.floor(next() ** 2 * 60)}`
    const jitter = next() < 0.01 ? -120_000 * next() : -3_000 * next()
    const common = {
      ...{ id: `e-${seed}-${n}`, time: Math.floor(begin + n * stepMs + jitter), session },
      ...{ country: pick(COUNTRIES), device: pick(DEVICES) },
    }
    const value = next() < 0.002 ? '{"v":1,"type":"nonsense"}' : writeShopEvent(event(common))
    last = { key: session, value }
    yield last
  }

  function event(common: Pick<ShopEvent, 'id' | 'time' | 'session' | 'country' | 'device'>): ShopEvent {
    const sku = pick(products)
    const kind = next()
    if (kind < 0.55) return { type: 'view', ...common, sku }
    if (kind < 0.65) return { type: 'search', ...common, query: 'mug', results: 3 }
    if (kind < 0.88) return { type: 'basket', ...common, sku, change: next() < 0.1 ? -1 : 1 }
    const lines = Array.from({ length: 1 + Math.floor(next() * 3) }, () => ({
      ...{ sku: pick(products), quantity: 1 + Math.floor(next() * 3), price: Math.floor(next() * 20_000) },
    }))
    return { type: 'checkout', ...common, currency: next() < 0.05 ? 'USD' : 'EUR', lines }
  }
}
