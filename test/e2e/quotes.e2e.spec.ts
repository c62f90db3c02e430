import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, Client, shippingAddress } from '../support/client.ts'
import { freeze } from '../support/freeze.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { readTopic } from '../support/topic.ts'
import { until } from '../support/until.ts'

/** All that a quote needs, beside broker and database. */
const SERVICES = ['order', 'inventory', 'fulfillment'] as const
const EVERY_MS = 50

interface Quote {
  readonly quoteId: string
  readonly items: readonly { readonly quantity: number }[]
}
interface Asked {
  readonly key: string
  readonly quantity: number
  readonly answer: Answer<Quote>
}

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem(undefined, { QUOTE_PATIENCE_MS: '9000' })
  client = new Client(system.url)
})
afterAll(() => system?.stop())

/** Rejects when there is no answer at all. */
const ask = async (quantity: number, key: string = randomUUID()): Promise<Asked> => {
  const request = { customerId: 'quoted', items: [{ sku: 'MUG-WHITE-330', quantity }], shippingAddress }
  return { key, quantity, answer: await client.call<Quote>('POST', '/api/quotes', request, { 'idempotency-key': key }) }
}

test('while every service is killed and comes back, each request is answered, once, with its own quote or a clear no', async () => {
  const asked: Promise<Asked>[] = []
  let killing = true
  const load = async () => {
    for (let n = 1; killing; n = (n % 900) + 1) {
      asked.push(ask(n))
      await pause(EVERY_MS)
    }
  }
  const asking = load()
  for (const service of SERVICES) {
    await system.killAndAwaitRestart(service)
    // As long as it is away there are refusals: then it is the next one's turn.
    await until(`a quote after ${service} was killed`, async () => (await ask(1)).answer.status === 201 || undefined)
  }
  killing = false
  await asking
  const settled = await Promise.all(asked)
  const quoted = settled.filter(({ answer }) => answer.status === 201)
  for (const { quantity, answer } of quoted) expect(answer.body.items).toMatchObject([{ quantity }])
  expect(new Set(quoted.map(({ answer }) => answer.body.quoteId)).size).toBe(quoted.length)
  for (const { answer } of settled.filter(({ answer }) => answer.status !== 201)) {
    expect([503, 504]).toContain(answer.status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    if (answer.status === 503) expect(answer.headers.get('retry-after')).not.toBeNull()
  }
  // Sent again, each has one quote for good.
  for (const { key, quantity, answer } of [...quoted.slice(-20), ...settled.filter((one) => !quoted.includes(one))]) {
    const again = await ask(quantity, key)
    expect(again.answer.status).toBe(201)
    if (answer.status === 201) expect(again.answer.body).toEqual(answer.body)
  }
})

test('who waits for the gateway when it is told to stop is answered, and may ask its successor next', async () => {
  const topic = 'inventory-requests'
  const before = (await readTopic(system.brokers, topic)).length
  const thaw = await freeze(await system.pidOf('inventory'))
  const waiting = Array.from({ length: 20 }, (_, n) => ask(n + 1))
  await until('all of them to be under way', async () => {
    const now = (await readTopic(system.brokers, topic)).length
    return now >= before + waiting.length || undefined
  })
  const restarted = system.endAndAwaitRestart('console', 'SIGTERM')
  await until('the gateway to refuse what comes', async () => {
    const { status } = await client.call('GET', '/health/live', undefined, { connection: 'close' })
    return status === 503 || undefined
  })
  thaw()
  for (const { answer } of await Promise.all(waiting)) {
    expect([201, 504]).toContain(answer.status)
    expect(answer.headers.get('connection')).toBe('close')
  }
  await restarted
  await until('its successor to answer', async () => {
    const next = await ask(1).catch(() => undefined)
    return next?.answer.status === 201 || undefined
  })
})
