import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  batchBaseOffset,
  batchSize,
  type Decoded,
  type Fields,
  groupMetadataKey,
  groupMetadataValue,
  type InternalRecord,
  offsetCommitKey,
  offsetCommitValue,
  Reader,
  readInternal,
  readRecords,
  transactionLogKey,
  transactionLogValue,
} from '#libs/kafka-protocol'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { type Booted, bootTransactions } from '../transactions/coordinator.fixture.ts'
import { InternalTopics } from './internal-topics.ts'
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from './names.ts'
import { partitionOf } from './state-topic.ts'

const settings = new LiveSettings({
  ...{ 'offsets.topic.num.partitions': '3', 'transaction.state.log.num.partitions': '2' },
})

let fs: MemoryFileSystem
let clock: ManualClock
let broker: Booted
let topics: InternalTopics

async function boot(): Promise<void> {
  broker = await bootTransactions(fs, clock, settings)
  const { clusterId } = broker
  topics = new InternalTopics({ ...broker, clusterId, settings: settings.values, now: clock.now })
}

beforeEach(async () => {
  fs = new MemoryFileSystem()
  clock = new ManualClock()
  await boot()
})
afterEach(() => broker.close())

const logOf = (topic: string, id: string) => {
  const { logs, partitions } = topics.find(topic)!
  return logs[partitionOf(id, partitions)]!
}

interface Found {
  readonly offset: number
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Every record from `offset` on. */
async function recordsOf(topic: string, id: string, offset = 0, maxBytes = 1_000_000): Promise<Found[]> {
  const log = logOf(topic, id)
  const found: Found[] = []
  for (let next = offset; ; next = found.at(-1)!.offset + 1) {
    const read = await log.read(next, maxBytes)
    if (!read.ok) throw new Error(read.message)
    if (read.records.length === 0) return found
    for (const batch of read.records) {
      expect(batchSize(batch)).toBe(batch.length)
      const { key, rest, valueIsNull } = readRecords(batch)[0]!
      // Delta, key and its length, length of the value, no headers.
      const value = valueIsNull ? null : rest.subarray(rest.indexOf(key!) + key!.length, -1)
      found.push({ offset: batchBaseOffset(batch), key: key!, value })
    }
  }
}

/** The value stands behind its length, a varint of one or two bytes. */
function valueIn<F extends Fields>(type: InternalRecord<F>, { value }: Found): Decoded<F> {
  const start = value![0]! < 0x80 ? 1 : 2
  return readInternal(type, new Reader(value!.subarray(start)))
}

const commit = (offset: number, partition = 0, group = 'g') =>
  broker.groups.commit(group, {
    ...{ memberId: '', instanceId: null, generation: -1 },
    offsets: [{ topic: 't', partition, offset, leaderEpoch: 2, metadata: 'text', committedAt: clock.now() }],
  })

test('ids lie in the partitions in which Kafka puts them', () => {
  // Java says that "order".hashCode() is 106006350, and that of the other the least integer.
  expect(partitionOf('order', 50)).toBe(106_006_350 % 50)
  expect(partitionOf('polygenelubricants', 50)).toBe(0)
})

describe('offsets', () => {
  test('are shown as they are committed, each once', async () => {
    await commit(5)
    await commit(6, 1)
    const before = await recordsOf(CONSUMER_OFFSETS, 'g')
    expect(before.map(({ key }) => readInternal(offsetCommitKey, new Reader(key)))).toEqual([
      { group: 'g', topic: 't', partition: 0 },
      { group: 'g', topic: 't', partition: 1 },
    ])
    const commitTimestamp = clock.now()
    expect(valueIn(offsetCommitValue, before[0]!)).toEqual({
      ...{ offset: 5, leaderEpoch: 2, metadata: 'text', commitTimestamp },
    })
    await commit(7)
    const after = await recordsOf(CONSUMER_OFFSETS, 'g', before.at(-1)!.offset + 1)
    expect(after.map((record) => valueIn(offsetCommitValue, record).offset)).toEqual([7])
    const all = await recordsOf(CONSUMER_OFFSETS, 'g')
    expect(all.map((record) => valueIn(offsetCommitValue, record).offset)).toEqual([6, 7])
  })

  test('of a transaction are shown when it has committed', async () => {
    const offsets = [{ topic: 't', partition: 0, offset: 9, leaderEpoch: 0, metadata: '', committedAt: clock.now() }]
    await broker.groups.commit('g', { memberId: '', instanceId: null, generation: -1, offsets, producerId: 4 })
    expect(await recordsOf(CONSUMER_OFFSETS, 'g')).toEqual([])
    await broker.groups.endTransaction('g', 4, true)
    const [record] = await recordsOf(CONSUMER_OFFSETS, 'g')
    expect(valueIn(offsetCommitValue, record!).offset).toBe(9)
  })

  test('that are deleted leave tombstones, so does their group', async () => {
    await commit(5)
    await recordsOf(CONSUMER_OFFSETS, 'g')
    await broker.groups.deleteGroup('g')
    const records = await recordsOf(CONSUMER_OFFSETS, 'g')
    expect(records.map(({ value }) => value)).toEqual([null, null])
    expect(records.map(({ key }) => key.readInt16BE(0))).toEqual([1, 2])
  })

  test('wake a reader, and are never more than it asks for but one', async () => {
    const log = logOf(CONSUMER_OFFSETS, 'g')
    await log.read(0, 1000)
    let woken = 0
    const stop = log.onChange(() => woken++)
    for (let partition = 0; partition < 20; partition++) await commit(1, partition)
    stop()
    await commit(1, 99)
    expect(woken).toBe(20)
    const small = await log.read(0, 1)
    expect(small).toMatchObject({ ok: true, highWatermark: (await log.offsetForTimestamp(-1)).offset })
    expect(small.ok && small.records).toHaveLength(1)
    expect(await log.read(0, 1, 'READ_UNCOMMITTED', false)).toMatchObject({ records: [] })
    expect(await recordsOf(CONSUMER_OFFSETS, 'g', 0, 300)).toHaveLength(21)
  })

  test('take no more memory for being committed often, nor groups for coming and going', async () => {
    await recordsOf(CONSUMER_OFFSETS, 'g')
    const log = logOf(CONSUMER_OFFSETS, 'g')
    for (let i = 0; i < 3000; i++) await commit(i)
    expect(log.entryCount).toBeLessThan(1100)
    const passing = Array.from({ length: 9000 }, (_, i) => `passing-${i}`)
    const there = passing.filter((id) => partitionOf(id, 3) === log.partition)
    for (const id of there) {
      await commit(1, 0, id)
      await broker.groups.deleteGroup(id)
    }
    expect(log.entryCount).toBeLessThan(7000)
    const records = await recordsOf(CONSUMER_OFFSETS, 'g')
    expect(records.filter(({ value }) => value !== null)).toHaveLength(1)
    expect(records.at(-1)!.offset + 1).toBe((await log.offsetForTimestamp(-1)).offset)
  })

  test('after a restart have later positions, and whoever reads on from before reads what is', async () => {
    await commit(5)
    const [before] = await recordsOf(CONSUMER_OFFSETS, 'g')
    await broker.close()
    clock.pass(1)
    await boot()
    const [after] = await recordsOf(CONSUMER_OFFSETS, 'g', before!.offset + 1)
    expect(after!.offset).toBeGreaterThan(before!.offset)
    expect(valueIn(offsetCommitValue, after!).offset).toBe(5)
    const log = logOf(CONSUMER_OFFSETS, 'g')
    expect(await log.offsetForTimestamp(-2)).toMatchObject({ offset: after!.offset })
    expect(await log.offsetForTimestamp(clock.now() - 1)).toMatchObject({ offset: after!.offset })
    expect(await log.offsetForTimestamp(clock.now() + 1)).toMatchObject({ offset: -1 })
    expect(await log.read(after!.offset + 2, 1)).toMatchObject({ ok: false })
  })
})

test('a generation is shown with its members and what they read', async () => {
  const join = {
    ...{ memberId: '', instanceId: 'i', clientId: 'c', clientHost: '/h', protocolType: 'consumer' },
    ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 30_000, requiresMemberId: false, canSkipAssignment: true },
    ...{ protocols: [{ name: 'range', metadata: Buffer.from('all') }], newMemberId: 'm' },
  }
  const joined = broker.groups.join('g', join)
  clock.pass(3000)
  const { generation } = await joined
  const assignments = [{ memberId: 'm', assignment: Buffer.from('part') }]
  const who = { memberId: 'm', instanceId: 'i', generation, protocolType: null, protocol: null }
  await broker.groups.sync('g', { ...who, assignments })
  const [record] = await recordsOf(CONSUMER_OFFSETS, 'g')
  expect(readInternal(groupMetadataKey, new Reader(record!.key))).toEqual({ group: 'g' })
  expect(valueIn(groupMetadataValue, record!)).toMatchObject({
    ...{ protocolType: 'consumer', generation: 1, protocol: 'range', leader: 'm' },
    members: [
      {
        ...{ memberId: 'm', groupInstanceId: 'i', clientId: 'c', clientHost: '/h', sessionTimeout: 10_000 },
        ...{ subscription: Buffer.from('all'), assignment: Buffer.from('part') },
      },
    ],
  })
})

test('a transactional id is shown with the state of its transaction, and no more once it is forgotten', async () => {
  await broker.controller.createTopic('t', 1, {})
  const init = { transactionalId: 'id', timeoutMs: 1000, current: undefined }
  const { producerId, epoch } = await broker.transactions.initProducer(init)
  const states = async () =>
    (await recordsOf(TRANSACTION_STATE, 'id')).map((record) => {
      expect(readInternal(transactionLogKey, new Reader(record.key))).toEqual({ transactionalId: 'id' })
      return record.value === null ? null : valueIn(transactionLogValue, record)
    })
  expect(await states()).toMatchObject([{ producerId, producerEpoch: epoch, transactionStatus: 0 }])
  await broker.transactions.add('id', { producerId, epoch, partitions: [['t', [0]]], groups: [] }).durable
  const transactionPartitions = [{ topic: 't', partitionIds: [0] }]
  expect(await states()).toMatchObject([{ transactionStatus: 1, transactionPartitions }])
  await broker.transactions.end('id', { producerId, epoch, outcome: 'commit' }, false)
  expect(await states()).toMatchObject([{ transactionStatus: 4 }])
  clock.pass(8 * 24 * 3_600_000)
  await broker.transactions.forgetUnused()
  expect(await states()).toEqual([null])
})
