import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Api, encodeRequest, fetch, metadata, produce, Reader, readResponseHeader } from '#libs/kafka-protocol'
import { configureLogging } from '#libs/logging'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { TestClient } from '../network/connection.fixture.ts'
import type { QuotaLimits } from './client-quota.ts'

/** Bytes per second, or their like; ten times as much may come at once. */
const RATE = 1000

let clock: ManualClock
let broker: Broker
let client: TestClient
let answered: number

beforeEach(async () => {
  configureLogging({ level: 'silent' })
  clock = new ManualClock()
  const settings = new LiveSettings({})
  broker = await Broker.open({ settings, clock, fs: new MemoryFileSystem(), dataDir: '/data' })
  await broker.controller.createTopic('t', 1, {})
  client = new TestClient(broker, clock)
  answered = 0
})
afterEach(async () => {
  client.close()
  await broker.close()
  configureLogging({ level: 'info' })
})

const limit = (limits: QuotaLimits, user = 'ANONYMOUS') =>
  broker.controller.image.quotas.set({ entity: { user }, limits })

function write(api: Api, version: number, request: object): void {
  const header = { correlationId: 1, clientId: 'c' }
  const message = { ...api.emptyRequest, ...request }
  client.write(Buffer.concat(encodeRequest(api, version, header, message as never)))
}

/** Asks and reads the answer, for which no time passes. */
async function ask(api: Api, version: number, request: object): Promise<{ throttleTimeMs: number }> {
  write(api, version, request)
  await turns()
  return answer(api, version)
}

function answer(api: Api, version: number): { throttleTimeMs: number } {
  const frame = client.frames[answered++]
  if (frame === undefined) throw new Error('there is no answer')
  const reader = new Reader(frame)
  readResponseHeader(reader, api, version)
  return api.readResponse(reader, version) as { throttleTimeMs: number }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
}

const produced = (bytes: number, acks = -1) => {
  const records = testBatch({ values: ['v'.repeat(bytes)], key: 'k' })
  return { acks, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records: [records] }] }] }
}
const PRODUCE = [produce as Api, 9] as const
const FETCH = [fetch as Api, 12] as const
const METADATA = [metadata as Api, 9] as const
const nothing = { topics: [], allowAutoTopicCreation: false }
const fetched = (maxBytes: number) => {
  const partitions = [{ partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, partitionMaxBytes: 1_000_000 }]
  return { maxWaitMs: 0, minBytes: 0, maxBytes, sessionId: 0, sessionEpoch: -1, topics: [{ topic: 't', partitions }] }
}

test('a producer beyond its quota is answered, and left alone until the rate is right again', async () => {
  limit({ producer_byte_rate: RATE })
  expect((await ask(...PRODUCE, produced(9000))).throttleTimeMs).toBe(0)
  const { throttleTimeMs } = await ask(...PRODUCE, produced(5000))
  expect(throttleTimeMs).toBeGreaterThan(4000)
  expect(throttleTimeMs).toBeLessThan(5000)
  write(...METADATA, nothing)
  clock.pass(throttleTimeMs - 1)
  await turns()
  expect(client.frames).toHaveLength(2)
  clock.pass(1)
  await turns()
  expect(answer(...METADATA).throttleTimeMs).toBe(0)
  expect(client.closed).toBe(false)
})

test('a producer that wants no answers is left alone as well', async () => {
  limit({ producer_byte_rate: RATE })
  write(...PRODUCE, produced(15_000, 0))
  await turns()
  write(...METADATA, nothing)
  await turns()
  expect(client.frames).toHaveLength(0)
  clock.pass(10_000)
  await turns()
  expect(client.frames).toHaveLength(1)
})

test('a consumer is given no more at once than may come at once, and what it was given is waited for', async () => {
  for (let i = 0; i < 30; i++) await ask(...PRODUCE, produced(1000))
  limit({ consumer_byte_rate: RATE })
  const first = await ask(...FETCH, fetched(1_000_000))
  expect(client.frames.at(-1)!.length).toBeLessThan(12_000)
  const { throttleTimeMs } = first.throttleTimeMs > 0 ? first : await ask(...FETCH, fetched(1_000_000))
  expect(throttleTimeMs).toBeGreaterThan(0)
  write(...METADATA, nothing)
  const before = client.frames.length
  await turns()
  expect(client.frames).toHaveLength(before)
  clock.pass(throttleTimeMs)
  await turns()
  expect(client.frames).toHaveLength(before + 1)
})

test('time is charged, too', async () => {
  limit({ request_percentage: 1e-9 })
  const { throttleTimeMs } = await ask(...METADATA, nothing)
  expect(throttleTimeMs).toBe(1000)
})

test('a second connection of the same user pays the same debt', async () => {
  limit({ producer_byte_rate: RATE })
  await ask(...PRODUCE, produced(20_000))
  client = new TestClient(broker, clock)
  answered = 0
  expect((await ask(...PRODUCE, produced(10))).throttleTimeMs).toBeGreaterThan(9000)
})

test('others are not concerned, and nobody is when the quota is gone', async () => {
  limit({ producer_byte_rate: 1 }, 'somebody else')
  expect((await ask(...PRODUCE, produced(5000))).throttleTimeMs).toBe(0)
  limit({ producer_byte_rate: 1 })
  limit({})
  expect((await ask(...PRODUCE, produced(5000))).throttleTimeMs).toBe(0)
})

test('a client that goes while it is left alone leaves nothing behind', async () => {
  limit({ producer_byte_rate: RATE })
  const before = clock.pending
  await ask(...PRODUCE, produced(20_000))
  expect(clock.pending).toBe(before + 1)
  client.close()
  await turns()
  expect(clock.pending).toBe(before)
})
