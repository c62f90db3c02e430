import { describe, expect, test } from 'vitest'
import {
  addPartitionsToTxn,
  apiVersions,
  describeProducers,
  describeTransactions,
  ErrorCode,
  initProducerId,
  listOffsets,
  listTransactions,
  offsetCommit,
  offsetFetch,
  writeTxnMarkers,
} from '#libs/kafka-protocol'
import { consumed, valuesOf } from './committed-reader.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { TransactionalProducer, type TransactionProtocol } from './transactional-producer.ts'

const kafka = kafkaUnderTest()
const READ_COMMITTED = 1
const READ_UNCOMMITTED = 0

const committed = (topic: TestTopic) => valuesOf(kafka, topic, READ_COMMITTED)
const everything = (topic: TestTopic) => valuesOf(kafka, topic, READ_UNCOMMITTED)
/** Kafka answers EndTxn when the outcome is decided, a moment before readers can see it. */
const eventually = (topic: TestTopic) => expect.poll(() => committed(topic), { interval: 20, timeout: 10_000 })

async function latest(topic: TestTopic, isolationLevel: number): Promise<number> {
  const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const answer = await kafka.client.send(listOffsets, 5, { replicaId: -1, isolationLevel, topics })
  return answer.topics[0]!.partitions[0]!.offset
}

async function committedOffset(groupId: string, topic: TestTopic, requireStable: boolean) {
  const topics = [{ name: topic.name, partitionIndexes: [0] }]
  const answer = await kafka.client.send(offsetFetch, 7, { groupId, topics, requireStable })
  const { committedOffset: offset, errorCode } = answer.topics[0]!.partitions[0]!
  return { offset, errorCode }
}

const stateOf = async (transactionalId: string) => {
  const answer = await kafka.client.send(describeTransactions, 0, { transactionalIds: [transactionalId] })
  return answer.transactionStates[0]!
}

/** When this has resolved, the markers are where they belong. */
async function complete(producer: TransactionalProducer): Promise<void> {
  const { transactionalId } = producer
  const state = async () => (await stateOf(transactionalId)).transactionState
  await expect.poll(state, { interval: 20, timeout: 10_000 }).toMatch(/^Complete/)
}

test('the broker speaks transaction protocol 2', async () => {
  const named = { clientSoftwareName: 'conformance', clientSoftwareVersion: '1' }
  const { finalizedFeatures, finalizedFeaturesEpoch, apiKeys } = await kafka.client.send(apiVersions, 4, named)
  expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
  expect(finalizedFeatures).toContainEqual({ name: 'transaction.version', minVersionLevel: 2, maxVersionLevel: 2 })
  const highest = (key: number) => apiKeys.find(({ apiKey }) => apiKey === key)?.maxVersion
  expect(highest(0)).toBeGreaterThanOrEqual(12)
  expect(highest(26)).toBeGreaterThanOrEqual(5)
  expect(highest(28)).toBeGreaterThanOrEqual(5)
})

describe.each<TransactionProtocol>([1, 2])('protocol %i', (protocol) => {
  const start = (options: { transactionalId?: string; timeoutMs?: number } = {}) =>
    TransactionalProducer.start(kafka, { protocol, ...options })

  test('[15] what is committed can be seen at the end and not before', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    await producer.write(topic, ['a', 'b'])
    await producer.write(topic, ['c'])
    const open = await kafka.fetch(topic, 0, { isolationLevel: READ_COMMITTED })
    expect(open).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 3, lastStableOffset: 0 })
    expect(await everything(topic)).toEqual(['a', 'b', 'c'])
    expect([await latest(topic, READ_COMMITTED), await latest(topic, READ_UNCOMMITTED)]).toEqual([0, 3])
    expect(await producer.end(true)).toBe(ErrorCode.NONE)
    await eventually(topic).toEqual(['a', 'b', 'c'])
    // The marker has an offset of its own.
    expect(await latest(topic, READ_COMMITTED)).toBe(4)
  })

  test('[14] what is aborted is never seen by readers of committed records', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    await producer.write(topic, ['never'])
    expect(await producer.end(false)).toBe(ErrorCode.NONE)
    await producer.write(topic, ['kept'])
    await producer.end(true)
    await eventually(topic).toEqual(['kept'])
    expect(await everything(topic)).toEqual(['never', 'kept'])
    const { producerId } = producer
    const fetched = await kafka.fetch(topic, 0, { isolationLevel: READ_COMMITTED })
    expect(fetched.abortedTransactions).toEqual([{ producerId, firstOffset: 0 }])
    const later = await kafka.fetch(topic, 2, { isolationLevel: READ_COMMITTED })
    expect(later.abortedTransactions ?? []).toEqual([])
    expect((await kafka.fetch(topic, 0)).abortedTransactions).toBeNull()
  })

  test('a transaction of several partitions ends in all of them', async () => {
    const topics = [await kafka.topic(), await kafka.topic()]
    const producer = await start()
    for (const topic of topics) await producer.write(topic, ['aborted'])
    await producer.end(false)
    for (const topic of topics) await producer.write(topic, ['committed'])
    await producer.end(true)
    for (const topic of topics) await eventually(topic).toEqual(['committed'])
  })

  test('[14] the marker wakes a reader that waits', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    await producer.write(topic, ['wait for it'])
    const reader = await kafka.connect()
    const parked = kafka.fetch(topic, 0, { isolationLevel: READ_COMMITTED, maxWaitMs: 20_000 }, reader)
    await producer.end(true)
    const { records, abortedTransactions } = await parked
    expect(consumed(records!, abortedTransactions ?? [])).toEqual(['wait for it'])
  })

  test('[14] the oldest open transaction holds back all that follows, committed or not', async () => {
    const topic = await kafka.topic()
    const [slow, quick] = [await start(), await start()]
    await slow.write(topic, ['slow'])
    await quick.write(topic, ['quick'])
    await quick.end(true)
    await quick.write(topic, ['aborted'])
    await quick.end(false)
    await complete(quick)
    expect(await latest(topic, READ_UNCOMMITTED)).toBe(5)
    expect(await latest(topic, READ_COMMITTED)).toBe(0)
    await slow.end(true)
    await eventually(topic).toEqual(['slow', 'quick'])
    expect(await everything(topic)).toEqual(['slow', 'quick', 'aborted'])
  })

  test('[12] a new instance fences the one before and aborts what it has open', async () => {
    const topic = await kafka.topic()
    const old = await start()
    await old.write(topic, ['lost'])
    expect((await old.clone().init()).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS)
    const next = await start({ transactionalId: old.transactionalId })
    expect(next.producerId).toBe(old.producerId)
    expect(next.epoch).toBeGreaterThan(old.epoch)
    expect((await old.produce(topic, ['zombie'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(await old.add(topic)).toBe(ErrorCode.PRODUCER_FENCED)
    expect(await old.add(topic, 0, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(await old.addGroup('any')).toBe(ErrorCode.PRODUCER_FENCED)
    expect(await old.end(true)).toBe(ErrorCode.PRODUCER_FENCED)
    expect(await old.end(true, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    await next.write(topic, ['next'])
    await next.end(true)
    await eventually(topic).toEqual(['next'])
  })

  test('[17] a transaction that takes too long is aborted', { timeout: 40_000 }, async () => {
    const topic = await kafka.topic()
    const producer = await start({ timeoutMs: 500 })
    await producer.write(topic, ['late'])
    const states = () => stateOf(producer.transactionalId)
    await expect.poll(states, { timeout: 30_000 }).toMatchObject({ transactionState: 'CompleteAbort' })
    expect((await states()).producerEpoch).toBe(producer.epoch + 1)
    expect(await producer.end(true)).toBe(protocol === 1 ? ErrorCode.PRODUCER_FENCED : ErrorCode.INVALID_TXN_STATE)
    expect((await producer.produce(topic, ['later'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    await expect.poll(() => latest(topic, READ_COMMITTED), { timeout: 10_000 }).toBe(2)
    expect(await committed(topic)).toEqual([])
  })

  test('a batch of a transaction that is sent again is stored once', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    const before = producer.clone()
    expect((await producer.write(topic, ['once'])).baseOffset).toBe(0)
    expect(await before.produce(topic, ['once'])).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 })
    await producer.end(true)
    await eventually(topic).toEqual(['once'])
  })

  test('what is written besides an open transaction of the same producer is refused', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    await producer.write(topic, ['in'])
    const besides = await producer.produce(topic, ['out'], 0, { transactional: false })
    expect(besides.errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    await producer.end(false)
  })

  test('[16] offsets count when the transaction commits', async () => {
    const [topic, groupId] = [await kafka.topic(), kafka.name('group')]
    const producer = await start()
    if (protocol === 1) expect(await producer.addGroup(groupId)).toBe(ErrorCode.NONE)
    expect(await producer.commitOffset(groupId, topic, 7)).toBe(ErrorCode.NONE)
    expect(await committedOffset(groupId, topic, false)).toEqual({ offset: -1, errorCode: ErrorCode.NONE })
    expect((await committedOffset(groupId, topic, true)).errorCode).toBe(ErrorCode.UNSTABLE_OFFSET_COMMIT)
    await producer.end(true)
    const seen = () => committedOffset(groupId, topic, true)
    await expect.poll(seen, { timeout: 10_000 }).toEqual({ offset: 7, errorCode: ErrorCode.NONE })
  })

  test('offsets of an aborted transaction never count', async () => {
    const [topic, groupId] = [await kafka.topic(), kafka.name('group')]
    await kafka.client.send(offsetCommit, 7, {
      ...{ groupId, memberId: '' },
      topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: null }] }],
    })
    const producer = await start()
    if (protocol === 1) await producer.addGroup(groupId)
    await producer.commitOffset(groupId, topic, 7)
    await producer.end(false)
    const seen = () => committedOffset(groupId, topic, true)
    await expect.poll(seen, { timeout: 10_000 }).toEqual({ offset: 3, errorCode: ErrorCode.NONE })
  })

  test('offsets of a generation that never was are refused', async () => {
    const [topic, groupId] = [await kafka.topic(), kafka.name('group')]
    const producer = await start()
    if (protocol === 1) await producer.addGroup(groupId)
    const member = { generationId: 1, memberId: 'nobody' }
    expect(await producer.commitOffset(groupId, topic, 7, member)).toBe(ErrorCode.ILLEGAL_GENERATION)
    await producer.end(false)
  })

  test('a producer or an id that the coordinator does not know is refused', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    const stranger = producer.clone()
    stranger.use(producer.producerId + 1_000_000, producer.epoch)
    expect(await stranger.add(topic)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
    expect(await stranger.end(true)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
    const newer = producer.clone()
    newer.use(producer.producerId, producer.epoch + 1)
    expect(await newer.add(topic)).toBe(ErrorCode.PRODUCER_FENCED)
    expect(await newer.end(false)).toBe(ErrorCode.PRODUCER_FENCED)
    const unknown = new TransactionalProducer(kafka, { protocol })
    expect(await unknown.end(true)).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
  })

  test('[12] a producer recovers with its next epoch, and a retry gets the same one', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    const current = { producerId: producer.producerId, producerEpoch: producer.epoch }
    const next = await producer.init(current)
    expect(next).toMatchObject({ errorCode: ErrorCode.NONE, producerId: producer.producerId })
    expect(next.producerEpoch).toBe(producer.epoch + 1)
    expect(await producer.init(current)).toMatchObject({ errorCode: 0, producerEpoch: producer.epoch + 1 })
    producer.use(next.producerId, next.producerEpoch)
    await producer.write(topic, ['recovered'])
    await producer.end(true)
    await eventually(topic).toEqual(['recovered'])
    await producer.start()
    expect((await producer.init(current)).errorCode).toBe(ErrorCode.PRODUCER_FENCED)
    expect((await producer.init(current, 3)).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
  })
})

describe('the end of a transaction asked for again', () => {
  test('[13] protocol 1: the same outcome is confirmed, the other refused', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka, { protocol: 1 })
    expect(await producer.end(true)).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(await producer.end(false)).toBe(ErrorCode.INVALID_TXN_STATE)
    await producer.write(topic, ['x'])
    expect(await producer.end(true)).toBe(ErrorCode.NONE)
    expect(await producer.end(true)).toBe(ErrorCode.NONE)
    expect(await producer.end(false)).toBe(ErrorCode.INVALID_TXN_STATE)
    await producer.write(topic, ['y'])
    expect(await producer.end(false)).toBe(ErrorCode.NONE)
    expect(await producer.end(false)).toBe(ErrorCode.NONE)
    expect(await producer.end(true)).toBe(ErrorCode.INVALID_TXN_STATE)
    await eventually(topic).toEqual(['x'])
  })

  test('[13] protocol 2: the epoch before names the transaction that has ended', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka)
    expect(await producer.end(true)).toBe(ErrorCode.INVALID_TXN_STATE)
    await producer.write(topic, ['x'])
    const before = producer.clone()
    expect(await producer.end(true)).toBe(ErrorCode.NONE)
    expect(producer.epoch).toBe(before.epoch + 1)
    const [again, other] = [before.clone(), before.clone()]
    expect(await again.end(true)).toBe(ErrorCode.NONE)
    expect(again.epoch).toBe(producer.epoch)
    expect(await other.end(false)).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(await producer.end(true)).toBe(ErrorCode.INVALID_TXN_STATE)
    // Nothing was added, and still an abort gives the next epoch.
    const { epoch } = producer
    expect(await producer.end(false)).toBe(ErrorCode.NONE)
    expect(producer.epoch).toBe(epoch + 1)
    expect(await before.end(true)).toBe(ErrorCode.PRODUCER_FENCED)
    await eventually(topic).toEqual(['x'])
  })

  test('[18] protocol 2: nothing of an ended transaction gets into the next', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka)
    const delayed = producer.clone()
    await producer.write(topic, ['x'])
    await producer.end(false)
    await complete(producer)
    expect((await delayed.produce(topic, ['delayed'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    await producer.write(topic, ['y'])
    expect((await delayed.produce(topic, ['delayed'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    await producer.end(true)
    await eventually(topic).toEqual(['y'])
  })
})

describe('what was not added to the transaction', () => {
  test('is no place to write to', async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const producer = await TransactionalProducer.start(kafka, { protocol: 1 })
    await producer.write(topic, ['added'])
    expect((await producer.produce(topic, ['x'], 1, { version: 9 })).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    expect((await producer.produce(topic, ['x'], 1, { version: 11 })).errorCode).toBe(ErrorCode.TRANSACTION_ABORTABLE)
    await producer.end(true)
    await complete(producer)
    expect((await producer.produce(topic, ['x'], 0, { version: 9 })).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
  })

  test('comes first when it has been added: what was sent after it waits', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka, { protocol: 1 })
    expect((await producer.produce(topic, ['first'])).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
    await producer.add(topic)
    const second = await producer.produce(topic, ['second'], 0, { ahead: 1 })
    expect(second.errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect((await producer.produce(topic, ['first'])).errorCode).toBe(ErrorCode.NONE)
    expect((await producer.produce(topic, ['second'])).errorCode).toBe(ErrorCode.NONE)
    await producer.end(true)
    await eventually(topic).toEqual(['first', 'second'])
  })

  test('has no offsets in it', async () => {
    const [topic, groupId] = [await kafka.topic(), kafka.name('group')]
    const producer = await TransactionalProducer.start(kafka, { protocol: 1 })
    await producer.write(topic, ['x'])
    expect(await producer.commitOffset(groupId, topic, 1, { version: 3 })).toBe(ErrorCode.INVALID_TXN_STATE)
    expect(await producer.commitOffset(groupId, topic, 1, { version: 4 })).toBe(ErrorCode.TRANSACTION_ABORTABLE)
    await producer.end(false)
  })

  test('when one partition cannot be added, none is', async () => {
    const topic = await kafka.topic()
    const { transactionalId, producerId, epoch } = await TransactionalProducer.start(kafka)
    const topics = [
      { name: topic.name, partitions: [0, 99] },
      { name: kafka.name('missing'), partitions: [0] },
    ]
    const request = { transactionalId, producerId, producerEpoch: epoch, topics }
    const { results } = await kafka.client.send(addPartitionsToTxn, 3, request)
    const errors = results.flatMap(({ name, resultsByPartition }) =>
      resultsByPartition.map((result) => [name, result.partitionIndex, result.partitionErrorCode]),
    )
    expect(errors.sort()).toEqual(
      [
        [topic.name, 0, ErrorCode.OPERATION_NOT_ATTEMPTED],
        [topic.name, 99, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
        [topics[1]!.name, 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ].sort(),
    )
    expect((await stateOf(transactionalId)).transactionState).toBe('Empty')
  })
})

describe('InitProducerId', () => {
  const init = (transactionalId: string, transactionTimeoutMs: number, current = {}) =>
    kafka.client.send(initProducerId, 4, { transactionalId, transactionTimeoutMs, ...current })

  test('[12] a timeout that the broker does not allow, and an empty id, are refused', async () => {
    const name = kafka.name('txn')
    expect((await init(name, 900_001)).errorCode).toBe(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
    expect((await init(name, 0)).errorCode).toBe(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
    expect((await init('', 1000)).errorCode).toBe(ErrorCode.INVALID_REQUEST)
    const half = await init(name, 1000, { producerId: 1, producerEpoch: -1 })
    expect(half.errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })
})

describe('administration', () => {
  test('a transaction can be watched', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka, { timeoutMs: 30_000 })
    const { transactionalId, producerId, epoch } = producer
    expect(await stateOf(transactionalId)).toMatchObject({ transactionState: 'Empty', producerId, topics: [] })
    const began = Date.now()
    await producer.write(topic, ['a', 'b'])
    const described = await stateOf(transactionalId)
    expect(described).toMatchObject({
      ...{ errorCode: ErrorCode.NONE, transactionState: 'Ongoing', producerId, producerEpoch: epoch },
      ...{ transactionTimeoutMs: 30_000, topics: [{ topic: topic.name, partitions: [0] }] },
    })
    expect(Math.abs(described.transactionStartTimeMs - began)).toBeLessThan(60_000)
    const topics = [{ name: topic.name, partitionIndexes: [0] }]
    const producers = async () => (await kafka.client.send(describeProducers, 0, { topics })).topics[0]!.partitions[0]!
    const active = { producerId, producerEpoch: epoch, lastSequence: 1, currentTxnStartOffset: 0 }
    expect((await producers()).activeProducers).toEqual([expect.objectContaining(active)])
    await producer.end(true)
    await complete(producer)
    expect((await stateOf(transactionalId)).transactionState).toBe('CompleteCommit')
    const ended = { producerId, producerEpoch: epoch + 1, lastSequence: -1, currentTxnStartOffset: -1 }
    expect((await producers()).activeProducers).toEqual([expect.objectContaining(ended)])
    expect((await stateOf(kafka.name('unknown'))).errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
  })

  test('transactions can be looked for', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka)
    const { transactionalId, producerId } = producer
    const list = async (filters: object, version = 2) => {
      const wanted = { stateFilters: [], producerIdFilters: [producerId], ...filters }
      return kafka.client.send(listTransactions, version, wanted)
    }
    await producer.write(topic, ['x'])
    const found = [{ transactionalId, producerId, transactionState: 'Ongoing' }]
    expect((await list({})).transactionStates).toEqual(found)
    expect((await list({ stateFilters: ['Ongoing', 'Nonsense'] })).transactionStates).toEqual(found)
    expect((await list({ stateFilters: ['Ongoing', 'Nonsense'] })).unknownStateFilters).toEqual(['Nonsense'])
    expect((await list({ stateFilters: ['Empty'] })).transactionStates).toEqual([])
    expect((await list({ durationFilter: 600_000 })).transactionStates).toEqual([])
    expect((await list({ transactionalIdPattern: `${transactionalId.slice(0, -1)}.` })).transactionStates).toEqual(
      found,
    )
    expect((await list({ transactionalIdPattern: 'txn' })).transactionStates).toEqual([])
    expect((await list({}, 0)).transactionStates).toEqual(found)
    await producer.end(false)
  })

  test('what hangs in a partition can be aborted there', async () => {
    const topic = await kafka.topic()
    const producer = await TransactionalProducer.start(kafka)
    await producer.start()
    await producer.write(topic, ['hangs'])
    const { producerId, epoch: producerEpoch } = producer
    const abort = async (epoch: number) => {
      const topics = [{ name: topic.name, partitionIndexes: [0] }]
      const marker = { producerId, producerEpoch: epoch, transactionResult: false, topics, coordinatorEpoch: 0 }
      const answer = await kafka.client.send(writeTxnMarkers, 1, { markers: [marker] })
      return answer.markers[0]!.topics[0]!.partitions[0]!.errorCode
    }
    expect(await abort(producerEpoch - 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(await latest(topic, READ_COMMITTED)).toBe(0)
    expect(await abort(producerEpoch)).toBe(ErrorCode.NONE)
    await expect.poll(() => latest(topic, READ_COMMITTED), { timeout: 10_000 }).toBe(2)
    expect(await committed(topic)).toEqual([])
    await producer.end(false)
  })
})
