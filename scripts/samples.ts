import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from './root.ts'
import { callJson } from './supervisor/json-http.ts'

interface Sample {
  readonly what: string
  readonly token: string
  readonly items: readonly { sku: string; quantity: number }[]
}

export interface SampleOutcome {
  readonly what: string
  readonly orderId: string
  /** The order's last status, or what went wrong on the way to it. */
  readonly status: string
  readonly milliseconds: number
}

interface Product {
  readonly sku: string
  readonly stock: number
}

const TERMINAL = new Set(['completed', 'rejected', 'cancelled'])
/** Longer than the slowest of the samples' ways to an end. Milliseconds. */
const PATIENCE = 60_000

export const ADDRESS = {
  name: 'Ada Lindqvist',
  line1: 'Storgatan 1',
  city: 'Umeå',
  postalCode: '903 26',
  country: 'SE',
}

/** An order for every way to end. */
const samples = (): Sample[] => {
  const products = JSON.parse(readFileSync(join(ROOT, 'data', 'products.json'), 'utf8')) as Product[]
  const byStock = products.toSorted((a, b) => b.stock - a.stock)
  const [most, second] = byStock as [Product, Product]
  const scarcest = byStock.at(-1)!
  const one = [{ sku: most.sku, quantity: 1 }]
  return [
    { what: 'a card that is good', token: 'tok_ok', items: [...one, { sku: second.sku, quantity: 2 }] },
    { what: 'a card that is declined', token: 'tok_declined', items: one },
    { what: 'more than there is', token: 'tok_ok', items: [{ sku: scarcest.sku, quantity: scarcest.stock + 1 }] },
    { what: 'a card that works at the second try', token: 'tok_flaky', items: one },
  ]
}

/**
 * Places the sample orders at once and follows each to its end; `onEnd` hears of each as it gets there.
 * @param who headers that say who orders, where somebody asks.
 */
export const placeSamples = (
  address: string,
  who: Readonly<Record<string, string>>,
  onEnd: (outcome: SampleOutcome) => void,
): Promise<SampleOutcome[]> =>
  Promise.all(
    samples().map(async (sample, i) => {
      const startedAt = Date.now()
      const end = await follow(address, who, sample, `cust-000${i + 1}`).catch((error: Error) => ({
        orderId: '-',
        status: error.message,
      }))
      const outcome = { what: sample.what, ...end, milliseconds: Date.now() - startedAt }
      onEnd(outcome)
      return outcome
    }),
  )

const follow = async (
  address: string,
  who: Readonly<Record<string, string>>,
  { items, token }: Sample,
  customerId: string,
): Promise<{ orderId: string; status: string }> => {
  const body = { customerId, items, payment: { token }, shippingAddress: ADDRESS }
  const placed = await callJson<{ orderId: string }>('POST', `${address}/api/orders`, {
    body,
    headers: { ...who, 'idempotency-key': randomUUID() },
  })
  if (placed.status !== 201) throw new Error(`not accepted: ${placed.status} ${JSON.stringify(placed.body)}`)
  const { orderId } = placed.body
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const asked = await callJson<{ status: string; reason?: string }>('GET', `${address}/api/orders/${orderId}`, {
      headers: who,
    })
    const { status, reason } = asked.body
    if (TERMINAL.has(status)) return { orderId, status: reason === undefined ? status : `${status} (${reason})` }
    if (Date.now() > deadline) return { orderId, status: `still ${status} after ${PATIENCE / 1_000} s` }
    await sleep(50)
  }
}
