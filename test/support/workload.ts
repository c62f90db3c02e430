import { type Client, type OrderRequest, orderOf } from './client.ts'
import type { Line } from './returns.ts'

/** Numbers that look random and are the same for the same seed: a failing mix can be run again. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Mix {
  /** Share of each payment token; they need not add up to 1. */
  readonly tokens: Readonly<Record<string, number>>
  /** Share of orders that are cancelled right after they were placed. */
  readonly cancelled: number
  /** Share of orders that also want a product of which there is little. */
  readonly scarce: number
  /** Share of orders of which pieces come back, if they are delivered; every third of these in two returns at once. */
  readonly returned: number
  readonly customers: number
}

export const everyday: Mix = {
  tokens: { tok_ok: 0.8, tok_declined: 0.08, tok_flaky: 0.06, tok_capture_declined: 0.04, tok_timeout: 0.02 },
  cancelled: 0.08,
  scarce: 0.1,
  returned: 0.15,
  customers: 40,
}

export interface PlannedOrder {
  readonly request: OrderRequest
  readonly cancel: boolean
  /** What is asked to be taken back once it was delivered, return by return, all of them at once. */
  readonly returns: readonly Line[][]
}

export const plan = async (client: Client, count: number, mix: Mix, random: () => number): Promise<PlannedOrder[]> => {
  const { items } = await client.get<{ items: { sku: string; available: number }[] }>('/api/stock')
  const plenty = items.filter(({ available }) => available > 1_000).map(({ sku }) => sku)
  const scarce = items.filter(({ available }) => available <= 20).map(({ sku }) => sku)
  const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  return Array.from({ length: count }, (_, n) => {
    // Every third: both styles meet the same faults, and customers have orders of both.
    const coordination = n % 3 === 2 ? 'choreographed' : 'orchestrated'
    const lines: Record<string, number> = {}
    for (let i = 0; i <= Math.floor(random() * 3); i++) lines[one(plenty)] = 1 + Math.floor(random() * 3)
    if (random() < mix.scarce && scarce.length > 0) lines[one(scarce)] = 1
    const customerId = `shopper-${Math.floor(random() * mix.customers)}`
    const request = orderOf(lines, { customerId, token: pick(mix.tokens, random), coordination })
    const cancel = random() < mix.cancelled
    return { request, cancel, returns: random() < mix.returned ? wishes(request.items, random) : [] }
  })
}

/** A piece of every line; and the same once more where there is more of a line, for two returns at once. */
const wishes = (items: readonly Line[], random: () => number): Line[][] => {
  const piece = (from: readonly Line[]): Line[] => from.map(({ sku }) => ({ sku, quantity: 1 }))
  const more = items.filter(({ quantity }) => quantity > 1)
  return more.length > 0 && random() < 1 / 3 ? [piece(items), piece(more)] : [piece(items)]
}

const pick = (shares: Readonly<Record<string, number>>, random: () => number): string => {
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0)
  let at = random() * total
  for (const [name, share] of Object.entries(shares)) {
    at -= share
    if (at < 0) return name
  }
  return Object.keys(shares)[0]!
}

/** Runs the task for every item, `width` at a time. */
export const inParallel = async <T>(
  items: readonly T[],
  width: number,
  task: (item: T, index: number) => Promise<void>,
): Promise<void> => {
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      await task(items[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
