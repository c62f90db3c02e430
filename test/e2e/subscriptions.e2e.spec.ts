import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startReceiver } from '../../apps/notification/src/subscriptions/receiver.fixture.ts'
import { Client, orderOf } from '../support/client.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { readTopic } from '../support/topic.ts'
import { until } from '../support/until.ts'
import { inParallel } from '../support/workload.ts'

const ORDERS = 40
const CUSTOMERS = ['cust-0001', 'cust-0002', 'cust-0003']

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem(undefined, { WEBHOOK_FIRST_RETRY_MS: '50' })
  client = new Client(system.url)
})
afterAll(() => system?.stop())

const key = () => ({ 'idempotency-key': randomUUID() })

/** Its `confirm` is what whoever is to be told does to say so. */
const subscribe = async (
  filter: object,
  deliver: object,
  confirm: (subscriptionId: string) => Promise<void> = async () => {},
): Promise<string> => {
  const { status, body } = await client.call<{ subscriptionId: string }>(
    ...(['POST', '/api/subscriptions', { filter, deliver }, key()] as const),
  )
  expect(status).toBe(201)
  await confirm(body.subscriptionId)
  await until('the subscription to be active', async () => {
    const { state } = await client.get<{ state: string }>(`/api/subscriptions/${body.subscriptionId}`)
    return state === 'active' || undefined
  })
  return body.subscriptionId
}

/** Follows the link of the mail, as its page does. */
const followLink = async (address: string): Promise<void> => {
  const mail = await until('the mail that asks', async () => (await client.mails(address))[0])
  const [, page, token] = /(http\S+)#(\S+)/.exec(mail.text)!
  expect((await fetch(page!)).headers.get('content-type')).toMatch(/^text\/html/)
  const confirmed = await client.call('POST', '/api/subscriptions/confirm', { token })
  expect(confirmed).toMatchObject({ status: 200, body: { state: 'active' } })
}

describe('subscribers of their own', () => {
  test('under kill -9 of the service and of the broker each is told everything that it asked for, by one id, in the order of each key', {
    timeout: 240_000,
  }, async () => {
    await using receiver = await startReceiver()
    const webhookId = await subscribe({ types: ['order.*'] }, { to: 'webhook', url: receiver.url, ordered: true })
    await subscribe({ types: ['order.*'] }, { to: 'queue', name: 'all-orders' })
    const { items } = await client.get<{ items: { secret: string }[] }>(`/api/subscriptions/${webhookId}/secret`)
    receiver.verifyWith(items[0]!.secret)
    let answered = 0
    // Every fourth is refused, and every ninth is taken but not answered.
    receiver.answerWith((_received, response) => {
      answered++
      if (answered % 9 === 0) response.destroy()
      else response.writeHead(answered % 4 === 0 ? 503 : 204).end()
    })

    let kills = Promise.resolve()
    const kill = (name: string) => {
      if (name === 'broker' && !system.bundledBroker) return
      kills = kills.then(() => system.killAndAwaitRestart(name))
    }
    const plan = Array.from({ length: ORDERS }, (_, n) =>
      orderOf({ 'MUG-WHITE-330': 1 }, { customerId: CUSTOMERS[n % 3]! }),
    )
    const orders: string[] = []
    await inParallel(plan, 6, async (request, index) => {
      if (index % 10 === 4) kill('notification')
      if (index % 20 === 9) kill('broker')
      orders.push(await client.placeSurely(request))
    })
    await kills
    for (const orderId of orders) await client.terminal(orderId)

    const said = (await readTopic(system.brokers, 'orders')).filter(({ type }) => type.startsWith('order.'))
    const arrived = () => new Set(receiver.received.map(({ body }) => body.id))
    await until('every message to arrive', async () => said.every(({ id }) => arrived().has(id)) || undefined, {
      timeoutMs: 90_000,
    })
    expect(receiver.problems).toEqual([])
    expect(arrived().size).toBe(new Set(said.map(({ id }) => id)).size)
    const ids = new Set(receiver.received.map(({ body, webhookId }) => `${body.id} ${webhookId}`))
    expect(ids.size).toBe(arrived().size)
    // By when each arrived first.
    for (const customerId of CUSTOMERS) {
      const inTopic = [...new Set(said.filter((each) => each.key === customerId).map(({ id }) => id))]
      const told = [
        ...new Set(receiver.received.filter(({ body }) => body.key === customerId).map(({ body }) => body.id)),
      ]
      expect(told).toEqual(inTopic)
    }

    const queued = await readTopic(system.brokers, 'queue.all-orders')
    expect(new Set(queued.map(({ id }) => id))).toEqual(arrived())
    const { items: deliveries } = await client.get<{ items: { deliveryId: string; state: string; kind: string }[] }>(
      `/api/subscriptions/${webhookId}/deliveries?limit=200`,
    )
    // One for each message, however often a killed relay has published it.
    expect(deliveries.filter(({ kind }) => kind === 'event')).toHaveLength(arrived().size)
    await until('all to be on record', async () => {
      const path = `/api/subscriptions/${webhookId}/deliveries?state=pending`
      return (await client.get<{ items: unknown[] }>(path)).items.length === 0 || undefined
    })
  })

  test('a subscriber by mail is asked first, then sent what it asked for, and one that is repeated goes out again', async () => {
    const address = `ops-${Date.now()}@example.com`
    const id = await subscribe(
      { types: ['order.placed'], match: { '/customerId': { '==': 'cust-9' } } },
      { to: 'email', address },
      () => followLink(address),
    )
    const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'cust-9' }))
    await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId: 'cust-8' }))
    const mails = async () => (await client.mails(address)).filter(({ subject }) => subject.startsWith('order.'))
    const mail = await until('the mail', async () => (await mails())[0])
    expect(mail.subject).toBe(`order.placed: ${orderId}`)
    const deliveries = () =>
      client.get<{ items: { deliveryId: string; attempts: number; state: string; kind: string }[] }>(
        `/api/subscriptions/${id}/deliveries`,
      )
    // The mail is there before it is on record that it was sent.
    const items = await until('the first mail to be on record', async () => {
      const found = (await deliveries()).items
      return found.every(({ state }) => state === 'delivered') ? found : undefined
    })
    expect(items.map(({ kind }) => kind)).toEqual(['event', 'confirm'])
    const path = `/api/subscriptions/${id}/deliveries/${items[0]!.deliveryId}/repeat`
    expect((await client.call('POST', path, undefined, key())).status).toBe(202)
    await until('the second mail to be sent', async () => {
      const [again] = (await deliveries()).items
      return (again!.attempts === 2 && again!.state === 'delivered') || undefined
    })
    // By its Message-ID the mailbox knows it.
    expect(await mails()).toHaveLength(1)
  })
})
