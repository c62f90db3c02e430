import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, orderOf } from '../support/client.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const CUSTOMERS = 600

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
})
afterAll(() => system?.stop())

interface Progress {
  readonly campaignId: string
  readonly state: string
  readonly total: number
  readonly told: number
  readonly notifications: { readonly sent: number; readonly pending: number }
}

const ask = async (path: string, body?: unknown): Promise<Progress> => {
  const answer = await until(`an answer of ${path}`, async () => {
    const given = await client.call<Progress>('POST', path, body, { 'idempotency-key': key })
    return given.status < 500 ? given : undefined
  })
  expect(answer.status).toBeLessThan(300)
  return answer.body
}
let key = randomUUID()
const askAnew = (path: string, body?: unknown): Promise<Progress> => {
  key = randomUUID()
  return ask(path, body)
}

test(`of ${CUSTOMERS} customers each is told once, under kill -9 of the service and the broker and a pause`, {
  timeout: 200_000,
}, async () => {
  const customerIds = Array.from({ length: CUSTOMERS }, (_, n) => `campaign-${n}`)
  const wish = { template: 'season_sale', values: { until: 'Sunday' }, segment: { customerIds } }
  const { campaignId, total } = await askAnew('/api/campaigns', wish)
  expect(total).toBe(CUSTOMERS)
  // The same request again is the same campaign.
  expect((await ask('/api/campaigns', wish)).campaignId).toBe(campaignId)
  const path = `/api/campaigns/${campaignId}`
  const progress = () => client.get<Progress>(path)

  await until('it to be under way', async () => (await progress()).told > 0 || undefined)
  await system.killAndAwaitRestart('notification')
  expect((await askAnew(`${path}/pause`)).state).toBe('paused')
  const { told } = await progress()
  if (system.bundledBroker) await system.killAndAwaitRestart('broker')
  expect((await progress()).told).toBe(told)
  expect((await askAnew(`${path}/resume`)).state).toBe('running')
  // Whoever has an order is not kept waiting for it.
  const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'cust-0001' }))
  await client.terminal(orderId)

  await until('it to be completed', async () => (await progress()).state === 'completed' || undefined, {
    timeoutMs: 120_000,
    everyMs: 500,
  })
  expect(await progress()).toMatchObject({ total: CUSTOMERS, told: CUSTOMERS, notifications: { sent: CUSTOMERS } })
  const arrived = (await client.get<{ items: { to: string; kind: string }[] }>('/api/simulators/mailbox?limit=1000'))
    .items
  const reached = arrived.filter(({ to }) => to.startsWith('campaign-')).map(({ to }) => to)
  expect(reached.length).toBe(new Set(reached).size)
  expect(reached.length).toBe(CUSTOMERS)
})
