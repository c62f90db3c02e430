import { Kafka, logLevel, type ProducerRecord } from 'kafkajs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { encode, type Message } from '#libs/contracts'
import { ensureTopics } from '#libs/messaging'
import { configureLogging, metrics, registry } from '#libs/observability'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { readTopic } from '../../test/support/topic.ts'
import { type Replies, Requester, Responder } from './index.ts'
import { withReturnAddress } from './return-address.ts'

configureLogging({ level: (process.env.TEST_LOG ?? 'silent') as never, format: 'pretty' })

let broker: BrokerProcess
/** One of each side that stays; nobody replies to `shipment.quote`. */
let requester: Requester
let replying: Replies['stock.check']
beforeAll(async () => {
  broker = await startBroker()
  const admin = adminOf()
  await admin.connect()
  await ensureTopics(admin, 1)
  await admin.disconnect()
  replying = echo
  const replies: Partial<Replies> = { 'stock.check': (question, signal) => replying(question, signal) }
  ;[requester] = await Promise.all([newRequester(), newResponder(replies)])
})
afterAll(async () => {
  await Promise.all([...running].map(stopped))
  await broker.close()
})

const kafka = () => new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING })
const adminOf = () => kafka().admin()

interface Part {
  start(): void
  stop(): Promise<void>
  check(): Promise<void>
}
const running = new Set<Part>()
const started = async <P extends Part>(part: P): Promise<P> => {
  running.add(part)
  part.start()
  await vi.waitUntil(
    () =>
      part.check().then(
        () => true,
        () => false,
      ),
    { timeout: 15_000 },
  )
  return part
}
const stopped = async (part: Part): Promise<void> => {
  running.delete(part)
  await part.stop()
}

/** Says how many pieces were asked for, so that nobody can take another's reply for his own. */
const echo: Replies['stock.check'] = async ({ data: { lines } }) => ({
  type: 'stock.checked',
  data: { lines: lines.map((line) => ({ ...line, available: line.quantity })) },
})
const newRequester = (mostInFlight = 1_000) =>
  started(new Requester({ brokers: [broker.brokers], clientId: 'order', service: 'order', mostInFlight }))
const newResponder = (replies: Partial<Replies> = { 'stock.check': echo }, service = 'inventory') =>
  started(new Responder({ brokers: [broker.brokers], clientId: service, service, replies }))

const shippingAddress = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
/** Asks for what nobody says, unless a test has somebody say it. */
const askInVain = (of: Requester, quantity: number, withinMs: number) =>
  of.ask({
    ...{ type: 'shipment.quote', subject: `quote-${quantity}`, withinMs },
    data: { lines: [{ sku: 'MUG-WHITE-330', quantity }], address: shippingAddress, currency: 'EUR' },
  })
const ask = (of: Requester, quantity: number, withinMs = 5_000) =>
  of.ask({
    ...{ type: 'stock.check', subject: `quote-${quantity}`, withinMs },
    data: { lines: [{ sku: 'MUG-WHITE-330', quantity }] },
  })
const replied = (quantity: number) => ({
  outcome: 'answered',
  reply: { type: 'stock.checked', data: { lines: [{ sku: 'MUG-WHITE-330', quantity, available: quantity }] } },
})
const counted = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
  const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {}
  return values
    .filter((value) => Object.entries(labels).every(([label, text]) => value.labels[label] === text))
    .reduce((sum, { value }) => sum + value, 0)
}

const produce = async (topic: string, messages: ProducerRecord['messages']): Promise<void> => {
  const producer = kafka().producer()
  await producer.connect()
  await producer.send({ topic, messages })
  await producer.disconnect()
}

test('everybody is told the reply to what he asked', async () => {
  const other = await newRequester()
  const asked = Array.from({ length: 300 }, (_, i) => ask(i % 2 === 0 ? requester : other, i + 1))
  for (const [i, answer] of (await Promise.all(asked)).entries()) expect(answer).toMatchObject(replied(i + 1))
})

test('who cannot tell says so, and is asked on', async () => {
  replying = async () => {
    throw new Error('the shelf fell over')
  }
  await expect(ask(requester, 1)).resolves.toEqual({ outcome: 'failed', detail: 'Error: the shelf fell over' })
  replying = echo
  await expect(ask(requester, 1)).resolves.toMatchObject(replied(1))
})

test('what is no question does not stop anybody', async () => {
  const question = {
    ...{ id: 'q', type: 'stock.check', source: '/waybill/test', subject: 's', key: 'k', correlationId: 'q' },
    ...{ time: new Date().toISOString(), causationId: 'c', data: { lines: [{ sku: 'MUG-WHITE-330', quantity: 1 }] } },
  } as Message
  const record = encode(question)
  const addressed = withReturnAddress(record, { partition: 0, requester: 'x', deadline: Date.now() + 60_000 })
  const messages = [
    record,
    { ...record, value: '{' },
    { value: null },
    { ...addressed, headers: { ...addressed.headers, replyto: 'orders' } },
    { ...addressed, headers: { ...addressed.headers, replypartition: '-1' } },
    { ...addressed, headers: { ...addressed.headers, deadline: 'soon' } },
  ]
  const unreadable = await counted(metrics.requestReply.requests.name, { result: 'unreadable' })
  await produce('inventory-requests', messages)
  await produce('replies', messages)
  await expect.poll(() => counted(metrics.requestReply.requests.name, { result: 'unreadable' })).toBe(unreadable + 6)
  await expect(ask(requester, 9)).resolves.toMatchObject(replied(9))
})

test('a reply that comes too late is dropped and counted', async () => {
  await expect(askInVain(requester, 777, 200)).resolves.toEqual({ outcome: 'silent' })
  const questions = await readTopic([broker.brokers], 'fulfillment-requests')
  const { id, headers: asked } = questions.findLast(({ value }) => value!.includes('777'))!
  const reply = {
    ...{ id: 'r', type: 'stock.checked', source: '/waybill/test', subject: 's', key: 'k', causationId: id },
    ...{ time: new Date().toISOString(), correlationId: id, data: { lines: [] } },
  } as Message
  const late = await counted(metrics.requestReply.lateReplies.name)
  const { headers, ...record } = encode(reply)
  const to = (name: string) => ({
    ...{ ...record, partition: Number(asked.replypartition), headers: { ...headers, requester: name } },
  })
  await produce('replies', [to('another'), to(asked.requester!), to(asked.requester!)])
  await expect.poll(() => counted(metrics.requestReply.lateReplies.name)).toBe(late + 2)
})

test('no more than so many questions wait at a time', async () => {
  const modest = await newRequester(2)
  const waiting = [askInVain(modest, 1, 300), askInVain(modest, 2, 300)]
  await expect(ask(modest, 3)).resolves.toEqual({ outcome: 'refused' })
  await expect(Promise.all(waiting)).resolves.toEqual([{ outcome: 'silent' }, { outcome: 'silent' }])
  await expect(ask(modest, 4)).resolves.toMatchObject(replied(4))
})

test('a question that nobody takes up waits for who comes next, until its deadline', async () => {
  const waiting = askInVain(requester, 1, 30_000)
  await expect(askInVain(requester, 2, 100)).resolves.toEqual({ outcome: 'silent' })
  const ours = { topic: 'fulfillment-requests', result: 'expired' }
  const asked = (await readTopic([broker.brokers], 'fulfillment-requests')).length
  await newResponder(
    { 'shipment.quote': async () => ({ type: 'shipment.not-quoted', data: { code: 'x' } }) },
    'carrier',
  )
  await expect(waiting).resolves.toMatchObject({ reply: { type: 'shipment.not-quoted' } })
  // All that were asked in vain so far.
  await expect.poll(() => counted(metrics.requestReply.requests.name, ours)).toBe(asked - 1)
})

test('replies find their way when the topic has grown', async () => {
  const admin = adminOf()
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic: 'replies', count: 12 }] })
  await admin.disconnect()
  const after = await Promise.all([newRequester(), newRequester(), newRequester(), newRequester()])
  for (const of of [requester, ...after]) await expect(ask(of, 5, 20_000)).resolves.toMatchObject(replied(5))
})

test('the broker may come back as if nothing had been asked', async () => {
  const before = ask(requester, 1, 20_000)
  await broker.restart()
  await expect(before).resolves.toMatchObject(replied(1))
  await expect(ask(requester, 2, 20_000)).resolves.toMatchObject(replied(2))
})

test('restarted under load, on both sides, each question has its own answer, once', async () => {
  const requesters = await Promise.all([newRequester(), newRequester()])
  const responders = await Promise.all([newResponder(), newResponder()])
  const outcomes: string[] = []
  let asking = true
  const load = async () => {
    for (let n = 1; asking; n = (n % 1_000) + 1) {
      const answer = await ask(requesters[n % 2]!, n)
      if (answer.outcome === 'answered') expect(answer).toMatchObject(replied(n))
      outcomes.push(answer.outcome)
    }
  }
  const askers = Array.from({ length: 20 }, load)
  for (let round = 0; round < 4; round++) {
    const side = round % 2
    const [old] = responders.splice(side, 1, await newResponder())
    await stopped(old!)
    const oldRequester = requesters[side]!
    requesters[side] = await newRequester()
    await stopped(oldRequester)
  }
  asking = false
  await Promise.all(askers)
  const counts = Object.fromEntries([...Map.groupBy(outcomes, (outcome) => outcome)].map(([k, v]) => [k, v.length]))
  expect(Object.keys(counts).filter((outcome) => outcome !== 'answered' && outcome !== 'silent')).toEqual([])
  // Only those that a requester gave up when it was stopped.
  expect(counts.silent ?? 0).toBeLessThanOrEqual(4 * 20)
  expect(counts.answered).toBeGreaterThan(200)
})
