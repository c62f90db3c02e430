import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type ShopEvent, writeShopEvent } from '#libs/contracts'
import { ensureTopics, GroupMembership, kafkaClient, StreamProducer } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker } from '#libs/testing'
import type { ArchiveStore } from './archive-store.ts'
import { Archiver } from './archiver.ts'
import { endOfFile, readName } from './event-file.ts'
import { FolderStore } from './folder-store.ts'
import type { LaneLimits } from './lane.ts'

configureLogging({ level: 'silent' })
const PARTITIONS = 3

let broker: BrokerProcess
let producer: StreamProducer
let folder: string
let store: FolderStore
const running: Archiver[] = []

beforeAll(async () => {
  broker = await startBroker()
  const kafka = { brokers: [broker.brokers], clientId: 'test' }
  const admin = kafkaClient(kafka, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1, { 'shop-events': { partitions: PARTITIONS, retentionMs: -1 } })
  await admin.disconnect()
  producer = await StreamProducer.open({ ...kafka, topic: 'shop-events', acks: 1 })
  folder = await mkdtemp(join(tmpdir(), 'waybill-archive-'))
  store = new FolderStore(folder)
})
afterEach(async () => {
  for (const archiver of running.splice(0)) await archiver.stop()
})
afterAll(async () => {
  producer.close()
  await broker.close()
  await rm(folder, { recursive: true })
})

const archiver = (
  instanceId: string,
  to: ArchiveStore = store,
  limits: Partial<LaneLimits> = {},
  groupId = 'archiver',
) => {
  const one = new Archiver({
    ...{ brokers: [broker.brokers], clientId: 'test', store: to, instanceId, groupId },
    limits: { maxRecords: 40, maxAgeMs: 300, ...limits },
  })
  running.push(one)
  one.start()
  return one
}

let sent = 0
const send = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) {
    const session = `s-${sent % 17}`
    const event: ShopEvent = {
      ...{
        type: 'view',
        id: `e-${sent++}`,
        time: Date.UTC(2026, 10, 25) + sent,
        session,
        country: 'DE',
        device: 'app',
      },
      sku: 'A',
    }
    producer.offer(session, writeShopEvent(event))
  }
  await producer.flush()
}

const archived = async () => {
  const names = await store.list('shop-events/')
  const files = names.map(async (name) => {
    const bytes = await store.read(name)
    const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    const rows = (await parquetReadObjects({ file: whole })) as { offset: bigint; id: string; time: bigint }[]
    return { ...readName(name)!, end: endOfFile(bytes), rows }
  })
  return Promise.all(files)
}

/** Every event once, and the files of each partition a chain without gap or overlap. */
const expectAll = async (): Promise<void> => {
  await expect
    .poll(async () => (await archived()).reduce((sum, { rows }) => sum + rows.length, 0), { timeout: 30_000 })
    .toBe(sent)
  const files = await archived()
  const ids = files.flatMap(({ rows }) => rows.map(({ id }) => id))
  expect(ids.toSorted()).toEqual(Array.from({ length: sent }, (_, i) => `e-${i}`).toSorted())
  for (const [, chain] of Map.groupBy(files, ({ partition }) => partition)) {
    chain.sort((a, b) => a.first - b.first)
    expect(chain[0]!.first).toBe(0)
    for (const [i, { first, end, rows }] of chain.entries()) {
      if (i > 0) expect(first).toBe(chain[i - 1]!.end)
      for (const { offset } of rows) expect(Number(offset) >= first && Number(offset) < end).toBe(true)
    }
  }
}

test('each event is in one file', async () => {
  archiver('one')
  await send(500)
  await expectAll()
})

test('whoever dies between the file and the commit has written it all the same', async () => {
  let crashes = 0
  const crashing: ArchiveStore = {
    place: 'test',
    create: async (name, bytes) => {
      const made = await store.create(name, bytes)
      if (crashes++ % 2 === 0) throw new Error('crashed')
      return made
    },
    read: (name) => store.read(name),
    list: (prefix) => store.list(prefix),
    sweep: () => store.sweep(),
  }
  archiver('one', crashing)
  await send(300)
  await expectAll()
  expect(crashes).toBeGreaterThan(3)
})

test('several come and go, one of them frozen at the wrong moment, and no event is in two files', async () => {
  const thaw = Promise.withResolvers<void>()
  let frozen = false
  const freezing: ArchiveStore = {
    place: 'test',
    create: async (name, bytes) => {
      if (!frozen) {
        frozen = true
        await thaw.promise
      }
      return store.create(name, bytes)
    },
    read: (name) => store.read(name),
    list: (prefix) => store.list(prefix),
    sweep: () => store.sweep(),
  }
  archiver('one', freezing)
  await send(200)
  await expect.poll(() => frozen, { timeout: 10_000 }).toBe(true)
  // The same place in the group, as another process: what the frozen one is about to write is written by this one.
  archiver('one', store, { maxRecords: 25 })
  const two = archiver('two', store, { maxRecords: 30 })
  await send(200)
  await expectAll()
  thaw.resolve()
  await send(100)
  await two.stop()
  await send(100)
  await expectAll()
})

test('a topic that grows while everything runs loses nothing and doubles nothing, and keys that move are in both', async () => {
  archiver('one')
  await send(100)
  const admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic: 'shop-events', count: 3 * PARTITIONS }] })
  await admin.disconnect()
  // The producer hears of it within ten seconds.
  await expect
    .poll(
      async () => {
        await send(50)
        return (await archived()).some(({ partition }) => partition >= PARTITIONS)
      },
      { timeout: 40_000, interval: 300 },
    )
    .toBe(true)
  await expectAll()
})

test('a group that has forgotten everything goes on where the archive ends', async () => {
  archiver('one', store, {}, `another-${randomUUID()}`)
  await send(50)
  await expectAll()
})

test('a stop does not wait for a member that never finishes what it is at', async () => {
  const groupId = `archiver-${randomUUID()}`
  const kafka = { brokers: [broker.brokers], clientId: 'test' }
  const busy = new GroupMembership({ ...kafka, groupId, topic: 'shop-events', instanceId: 'busy' })
  await busy.join([])
  const waiting = archiver('waiting', store, {}, groupId)
  await expect.poll(() => busy.mustJoin, { timeout: 10_000 }).toBe(true)
  await waiting.stop()
  expect(busy.mustJoin).toBe(true)
  await busy.leave()
}, 25_000)
