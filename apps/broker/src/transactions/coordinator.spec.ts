import { beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { valuesIn } from '../log/committed-reader.fixture.ts'
import { type Booted, bootTransactions } from './coordinator.fixture.ts'

const settings = new LiveSettings({ 'transactional.id.expiration.ms': '5000', 'transaction.max.timeout.ms': '60000' })
const init = { transactionalId: 'id', timeoutMs: 1000, current: undefined }

let fs: MemoryFileSystem
let clock: ManualClock
let broker: Booted

const boot = async () => {
  broker = await bootTransactions(fs, clock, settings)
}

beforeEach(async () => {
  fs = new MemoryFileSystem()
  clock = new ManualClock()
  await boot()
  await broker.controller.createTopic('t', 1, {})
})

const log = () => broker.topics.find('t')!.logs[0]!

/** Writes as a producer whose coordinator was never asked, or died before it could remember. */
async function writeUnknown(producerId: number): Promise<void> {
  log().append(testBatch({ values: ['x'], producerId, attributes: 16 }), true)
  await log().durable(log().logEndOffset)
}

test('a timeout longer than the broker allows is refused', async () => {
  const { transactions } = broker
  const answer = await transactions.initProducer({ ...init, timeoutMs: 60_001 })
  expect(answer.errorCode).toBe(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
  expect((await transactions.initProducer({ ...init, timeoutMs: 60_000 })).errorCode).toBe(ErrorCode.NONE)
})

test('an id that nobody uses is forgotten, and stays forgotten', async () => {
  const { producerId } = await broker.transactions.initProducer(init)
  clock.pass(4999)
  await broker.transactions.forgetUnused()
  expect(broker.transactions.find('id')).toBeDefined()
  clock.pass(1)
  await broker.transactions.forgetUnused()
  expect(broker.transactions.find('id')).toBeUndefined()
  await broker.close()
  await boot()
  expect(broker.transactions.find('id')).toBeUndefined()
  expect((await broker.transactions.initProducer(init)).producerId).not.toBe(producerId)
})

test('a topic that is gone does not keep a transaction from ending', async () => {
  const { producerId, epoch } = await broker.transactions.initProducer(init)
  const addition = { producerId, epoch, partitions: [['t', [0]]], groups: ['gone'] } as const
  await broker.transactions.add('id', addition).durable
  await broker.controller.deleteTopic(broker.topics.find('t')!)
  const answer = await broker.transactions.end('id', { producerId, epoch, outcome: 'commit' }, true)
  expect(answer).toEqual({ errorCode: ErrorCode.NONE, producerId, epoch: epoch + 1 })
})

test('a marker in the name of a later coordinator does not keep a transaction from ending', async () => {
  const { producerId, epoch } = await broker.transactions.initProducer(init)
  log().appendMarker({ producerId, epoch, commit: false, coordinatorEpoch: 1000 })
  await broker.transactions.add('id', { producerId, epoch, partitions: [['t', [0]]], groups: [] }).durable
  log().append(testBatch({ values: ['x'], producerId, epoch, attributes: 16 }), true)
  const answer = await broker.transactions.end('id', { producerId, epoch, outcome: 'commit' }, false)
  expect(answer.errorCode).toBe(ErrorCode.NONE)
  expect([broker.transactions.find('id')!.state, log().lastStableOffset]).toEqual(['CompleteCommit', 3])
})

test('what a partition holds of no transaction is aborted at the start, as soon as the disk has room', async () => {
  await writeUnknown(77)
  expect(log().lastStableOffset).toBe(0)
  fs.kill()
  fs.fail = (operation, path) => (operation === 'write' && path.includes('/t-0/') ? 'ENOSPC' : undefined)
  await boot()
  expect(log().lastStableOffset).toBe(0)
  fs.fail = () => undefined
  clock.pass(1000)
  await log().durable(log().logEndOffset)
  expect([log().lastStableOffset, log().hasOpenTransaction(77)]).toEqual([2, false])
})

test('what a producer wrote, and the coordinator did not remember, is part of what it goes on to commit', async () => {
  const { producerId, epoch } = await broker.transactions.initProducer(init)
  log().append(testBatch({ values: ['x'], producerId, epoch, attributes: 16 }), true)
  await log().durable(log().logEndOffset)
  fs.kill()
  await boot()
  expect(log().hasOpenTransaction(producerId)).toBe(true)
  await broker.transactions.end('id', { producerId, epoch, outcome: 'commit' }, true)
  expect(await valuesIn(log(), 'READ_COMMITTED')).toEqual(['x'])
})

test('a transaction lasts as long as it may, whatever the wall clock is set to', async () => {
  const { producerId, epoch } = await broker.transactions.initProducer(init)
  await broker.transactions.add('id', { producerId, epoch, partitions: [['t', [0]]], groups: [] }).durable
  clock.step(1_000_000)
  clock.pass(init.timeoutMs)
  await broker.transactions.abortTimedOut()
  expect(broker.transactions.find('id')?.state).toBe('Ongoing')
  clock.step(-2_000_000)
  clock.pass(1)
  await broker.transactions.abortTimedOut()
  expect(broker.transactions.find('id')?.state).toBe('CompleteAbort')
})

test('a transaction that seems to have begun in the future times out as well', async () => {
  const { producerId, epoch } = await broker.transactions.initProducer(init)
  await broker.transactions.add('id', { producerId, epoch, partitions: [['t', [0]]], groups: [] }).durable
  await broker.close()
  clock = new ManualClock(clock.now() - 1_000_000)
  await boot()
  clock.pass(init.timeoutMs + 1)
  await broker.transactions.abortTimedOut()
  expect(broker.transactions.find('id')?.state).toBe('CompleteAbort')
})
