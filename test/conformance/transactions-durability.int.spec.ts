import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeTransactions, ErrorCode, offsetFetch } from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { consumed, valuesOf } from './committed-reader.ts'
import { KafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { ProtocolClient } from './protocol-client.ts'
import { TransactionalProducer, type TransactionProtocol } from './transactional-producer.ts'

let broker: BrokerProcess
let kafka: KafkaUnderTest

beforeEach(async () => {
  broker = await startBroker({ settings: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 100 } })
  kafka = new KafkaUnderTest()
  await reconnect()
})
afterEach(async () => {
  kafka.client.close()
  await broker.close()
})

async function reconnect(): Promise<void> {
  kafka.client?.close()
  kafka.client = await ProtocolClient.connect(broker.brokers)
}

async function killAndRestart(): Promise<void> {
  await broker.kill9()
  await broker.restart()
  await reconnect()
}

const committed = (topic: TestTopic) => valuesOf(kafka, topic, 1)

async function stateOf({ transactionalId }: TransactionalProducer): Promise<string> {
  const answer = await kafka.client.send(describeTransactions, 0, { transactionalIds: [transactionalId] })
  return answer.transactionStates[0]!.transactionState
}

describe.each<TransactionProtocol>([1, 2])('kill -9, protocol %i', (protocol) => {
  const start = (timeoutMs = 60_000) => TransactionalProducer.start(kafka, { protocol, timeoutMs })

  test('an open transaction stays open, and its producer goes on with it', async () => {
    const [topic, groupId] = [await kafka.topic(), kafka.name('group')]
    const producer = await start()
    await producer.write(topic, ['before'])
    if (protocol === 1) await producer.addGroup(groupId)
    expect(await producer.commitOffset(groupId, topic, 7)).toBe(ErrorCode.NONE)
    await killAndRestart()
    expect(await stateOf(producer)).toBe('Ongoing')
    expect(await committed(topic)).toEqual([])
    expect((await producer.produce(topic, ['after'])).errorCode).toBe(ErrorCode.NONE)
    expect(await producer.end(true)).toBe(ErrorCode.NONE)
    expect(await committed(topic)).toEqual(['before', 'after'])
    const topics = [{ name: topic.name, partitionIndexes: [0] }]
    const offsets = await kafka.client.send(offsetFetch, 7, { groupId, topics, requireStable: true })
    expect(offsets.topics[0]!.partitions[0]!.committedOffset).toBe(7)
  })

  test('an open transaction that nobody comes back for times out', async () => {
    const topic = await kafka.topic()
    const producer = await start(500)
    await producer.write(topic, ['lost'])
    await killAndRestart()
    await expect.poll(() => stateOf(producer), { timeout: 10_000 }).toBe('CompleteAbort')
    expect(await committed(topic)).toEqual([])
    expect((await kafka.fetch(topic, 0)).lastStableOffset).toBe(2)
  })

  test('an outcome that was acknowledged stands, and what was aborted stays unseen', async () => {
    const topic = await kafka.topic()
    const producer = await start()
    for (let i = 0; i < 6; i++) {
      await producer.write(topic, [`${i}`])
      expect(await producer.end(i % 2 === 0)).toBe(ErrorCode.NONE)
      await killAndRestart()
      expect(await committed(topic)).toEqual(['0', '2', '4'].filter((value) => Number(value) <= i))
    }
  })

  test('in the middle of an end: it ends everywhere or nowhere, with one marker', { timeout: 120_000 }, async () => {
    const partitions = Array.from({ length: 8 }, (_, partition) => partition)
    const topic = await kafka.topic({ partitions: partitions.length })
    const producer = await start()
    const expected: string[] = []
    let ends = 0
    for (let round = 0; round < 8; round++) {
      for (const partition of partitions) await producer.write(topic, [`${round}`], partition)
      const dying = producer.clone()
      const ending = dying.end(true).catch(() => {})
      await pause(round / 2)
      await broker.kill9()
      await broker.restart()
      await reconnect()
      await ending
      const state = await stateOf(producer)
      expect(['Ongoing', 'CompleteCommit']).toContain(state)
      // Asked again, the end is confirmed or comes to be.
      expect(await producer.end(true)).toBe(ErrorCode.NONE)
      expected.push(`${round}`)
      ends++
      for (const partition of partitions) {
        const { records, abortedTransactions, lastStableOffset } = await kafka.fetch(topic, 0, {
          ...{ partition, isolationLevel: 1 },
        })
        expect(consumed(records!, abortedTransactions ?? [])).toEqual(expected)
        expect(lastStableOffset).toBe(expected.length + ends)
      }
    }
  })

  test('under load: whole transactions, once and in order, and all that were acknowledged', {
    timeout: 120_000,
  }, async () => {
    const topic = await kafka.topic({ partitions: 2 })
    const ends = { committed: new Set<string>(), aborted: new Set<string>() }
    let isOver = false
    const producers = ['a', 'b', 'c', 'd'].map(async (name) => {
      const producer = new TransactionalProducer(kafka, { protocol })
      let isFresh = false
      for (let i = 0; !isOver; i++) {
        const id = `${name}-${i}`
        const commit = i % 4 !== 3
        try {
          if (!isFresh) await producer.start()
          isFresh = true
          const writes = await Promise.all([0, 1].map((partition) => producer.write(topic, [id], partition)))
          if (writes.some(({ errorCode }) => errorCode !== ErrorCode.NONE)) throw new Error('a write was refused')
          if ((await producer.end(commit)) !== ErrorCode.NONE) throw new Error('the end was refused')
          ends[commit ? 'committed' : 'aborted'].add(id)
        } catch {
          // Nobody said how it ended. As after any error, the producer starts again.
          isFresh = false
          await pause(5)
        }
      }
    })
    for (let kills = 0; kills < 6; kills++) {
      const enough = ends.committed.size + 40
      await expect.poll(() => ends.committed.size, { timeout: 30_000, interval: 3 }).toBeGreaterThan(enough)
      await killAndRestart()
    }
    isOver = true
    await Promise.all(producers)

    const [left, right] = [await valuesOf(kafka, topic, 1, 0), await valuesOf(kafka, topic, 1, 1)]
    expect([...left].sort()).toEqual([...right].sort())
    expect(new Set(left).size).toBe(left.length)
    expect([...ends.committed].filter((id) => !left.includes(id))).toEqual([])
    expect(left.filter((id) => ends.aborted.has(id))).toEqual([])
    for (const values of [left, right]) {
      for (const name of ['a', 'b', 'c', 'd']) {
        const own = values.filter((id) => id.startsWith(name)).map((id) => Number(id.slice(2)))
        expect(own).toEqual([...own].sort((a, b) => a - b))
      }
    }
  })
})
