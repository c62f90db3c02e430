import { beforeEach, expect, test } from 'vitest'
import { configureLogging } from '#libs/logging'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { AcknowledgeType } from './acknowledge.ts'
import { DEAD_LETTER_CONFIGS } from './dead-letter-topic.ts'

configureLogging({ level: 'silent' })

const settings = new LiveSettings({})
let fs: MemoryFileSystem
let clock: ManualClock
let broker: Broker

const open = () => Broker.open({ settings, clock, fs, dataDir: '/data' })
const logOf = (name: string) => broker.topics.find(name)!.logs[0]!
const at = () => ({ topicId: broker.topics.find('t')!.topicId, partition: 0 })
const turns = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
}

beforeEach(async () => {
  fs = new MemoryFileSystem()
  clock = new ManualClock()
  broker = await open()
  await broker.controller.createTopic('t', 1, {})
  await broker.controller.createTopic('dlq.t', 1, DEAD_LETTER_CONFIGS)
  await broker.controller.alterConfigs(async (control) => {
    const deadLetters = { 'errors.deadletterqueue.topic.name': 'dlq.t' }
    await control.configureGroup('g', { 'share.auto.offset.reset': 'earliest', ...deadLetters })
    return undefined
  })
  logOf('t').append(testBatch({ values: ['a', 'b', 'c'] }))
  await logOf('t').durable(3)
  const member = { memberId: 'm', memberEpoch: 0, rackId: null, clientId: 'c', clientHost: '/h' }
  await broker.share.groups.heartbeat('g', { ...member, subscribedTopicNames: ['t'] })
  await broker.share.starts.started('g', at(), logOf('t'))
  const batches = [{ first: 0, last: 2, deliverable: true }]
  const wanted = { memberId: 'm', offset: 0, batches, maxRecords: 3, batchSize: 3, mode: 'record_limit' } as const
  broker.share.partitions.acquire('g', at(), wanted)!.commit()
})

const reject = (firstOffset: number, lastOffset: number) => {
  const batches = [{ firstOffset, lastOffset, acknowledgeTypes: [AcknowledgeType.reject] }]
  return broker.share.partitions.acknowledge('g', at(), 'm', batches, false)
}
const counted = () => broker.share.metrics.of('g', at().topicId)

test('a record waits while the disk refuses its letter, which is written when it does not any more', async () => {
  fs.fail = (_, path) => (path.includes('dlq.t') ? 'ENOSPC' : undefined)
  expect(await reject(0, 0)).toBeUndefined()
  await turns()
  expect(broker.share.partitions.find('g', at())).toMatchObject({ start: 0, spans: [{ state: 'archiving' }, {}] })
  fs.fail = () => undefined
  await broker.logs.maintain()
  clock.pass(1000)
  await turns()
  expect(broker.share.partitions.find('g', at())!.start).toBe(1)
  expect(logOf('dlq.t').highWatermark).toBeGreaterThan(0)
  expect(counted()).toMatchObject({ deadLetters: 1, deadLettersLost: 0 })
  await broker.close()
  // Nothing of it waits any more.
  expect(clock.pending).toBe(0)
})

test('a broker that stops meanwhile goes on when it is there again', async () => {
  fs.fail = (_, path) => (path.includes('dlq.t') ? 'ENOSPC' : undefined)
  await reject(0, 2)
  await turns()
  fs.fail = () => undefined
  await broker.close()
  broker = await open()
  await turns()
  expect(broker.share.partitions.find('g', at())).toEqual({ start: 3, end: 3, spans: [] })
  expect(logOf('dlq.t').highWatermark).toBeGreaterThanOrEqual(3)
})
