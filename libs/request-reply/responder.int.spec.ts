import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { topics } from '#libs/contracts'
import { ensureTopics } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { type Replies, Requester, Responder } from './index.ts'

configureLogging({ level: (process.env.TEST_LOG ?? 'silent') as never, format: 'pretty' })

const PROCESS = join(resolve(import.meta.dirname, '../..'), 'dist/libs/request-reply/responder.fixture.js')
const PARTITIONS = Array.from({ length: topics['inventory-requests'].partitions }, (_, partition) => partition)

let broker: BrokerProcess
let requester: Requester
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  broker = await startBroker()
  const admin = kafka().admin()
  await admin.connect()
  await ensureTopics(admin, 1)
  await admin.disconnect()
  requester = new Requester({ brokers: [broker.brokers], clientId: 'order', service: 'order' })
  requester.start()
})
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})
afterAll(async () => {
  await requester.stop()
  await broker.close()
})

const kafka = () => new Kafka({ brokers: [broker.brokers], logLevel: logLevel.NOTHING })

const ask = (quantity: number) =>
  requester.ask({
    ...{ type: 'stock.check', subject: `quote-${quantity}`, withinMs: 30_000 },
    data: { lines: [{ sku: 'MUG-WHITE-330', quantity }] },
  })
const replied = (quantity: number) => ({
  outcome: 'answered',
  reply: { type: 'stock.checked', data: { lines: [{ sku: 'MUG-WHITE-330', quantity, available: quantity }] } },
})
/** So many that there are some in each partition. */
const askAll = () => Promise.all(Array.from({ length: 100 }, (_, n) => ask(n + 1)))

const saying: Replies['stock.check'] = async ({ data: { lines } }) => ({
  type: 'stock.checked',
  data: { lines: lines.map((line) => ({ ...line, available: line.quantity })) },
})
const startResponder = async (reply = saying): Promise<Responder> => {
  const responder = new Responder({
    ...{ brokers: [broker.brokers], clientId: 'inventory', service: 'inventory' },
    replies: { 'stock.check': reply },
  })
  responder.start()
  cleanUp.push(() => responder.stop())
  const isReady = () => responder.check().then(() => true, () => false) // biome-ignore format: a line
  await expect.poll(isReady, { timeout: 20_000 }).toBe(true)
  return responder
}

/** Resolves with the generation of the group in which it has its partitions. */
const startProcess = async (instanceId: string): Promise<{ child: ChildProcess; generation: number }> => {
  const child = spawn(process.execPath, [PROCESS, broker.brokers, instanceId], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanUp.push(() => child.kill('SIGKILL'))
  const generation = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { generation } = JSON.parse(line) as { generation?: number }
      if (generation !== undefined) resolve(generation)
    })
    child.once('exit', () => reject(new Error('it ended before it was in the group')))
  })
  return { child, generation }
}
const killed = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('who is killed and comes back under its name has its questions at once: nobody waits until it is missed', async () => {
  const first = await startProcess('one')
  expect((await askAll()).map(({ outcome }) => outcome)).toEqual(Array(100).fill('answered'))
  await killed(first.child)
  const asked = ask(777)
  const second = await startProcess('one')
  // The group was not shared out anew, as it is when a member is missed or another one comes.
  expect(second.generation).toBe(first.generation)
  await expect(asked).resolves.toMatchObject(replied(777))
  const other = await startProcess('two')
  expect(other.generation).toBeGreaterThan(first.generation)
  await killed(second.child)
  await killed(other.child)
})

test('a question that takes its time holds up no other one of its partition', async () => {
  const release = Promise.withResolvers<void>()
  await startResponder(async (question, signal) => {
    if (question.data.lines[0]!.quantity === 7) await release.promise
    return saying(question, signal)
  })
  const slow = ask(7)
  const others = await Promise.all(Array.from({ length: 100 }, (_, n) => ask(n + 801)))
  expect(others.map(({ outcome }) => outcome)).toEqual(Array(100).fill('answered'))
  release.resolve()
  await expect(slow).resolves.toMatchObject(replied(7))
})

test('questions are replied to when their topic was deleted and came back', async () => {
  await startResponder()
  expect((await askAll()).every(({ outcome }) => outcome === 'answered')).toBe(true)
  const admin = kafka().admin()
  await admin.connect()
  await admin.deleteTopics({ topics: ['inventory-requests'] })
  await admin.disconnect()
  for (const answer of await askAll()) expect(answer.outcome).toBe('answered')
})

test('shares the questions with a client of another kind, and has all of them when that one is gone', async () => {
  const taken = new Set<number>()
  const other = await startOther(taken)
  await startResponder()
  await expect.poll(() => taken.size).toBe(PARTITIONS.length / 2)
  await other.disconnect()
  for (const answer of await askAll()) expect(answer.outcome).toBe('answered')
})

/** A consumer of kafkajs, as services before this one had; `taken` are the partitions that it has now. */
const startOther = async (taken: Set<number>): Promise<Consumer> => {
  const consumer = kafka().consumer({ groupId: 'inventory-requests', sessionTimeout: 6_000, heartbeatInterval: 500 })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    taken.clear()
    for (const partition of payload.memberAssignment['inventory-requests'] ?? []) taken.add(partition)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: ['inventory-requests'] })
  await consumer.run({ eachMessage: async () => {} })
  await expect.poll(() => taken.size, { timeout: 20_000 }).toBe(PARTITIONS.length)
  return consumer
}
