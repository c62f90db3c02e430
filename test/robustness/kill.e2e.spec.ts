import { setTimeout as pause } from 'node:timers/promises'
import { type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTopics, deleteRecords, offsetCommit } from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { until } from '../support/until.ts'
import { seeded } from '../support/workload.ts'
import type { StoredRecord } from './batch.ts'
import { RawProducer } from './raw-producer.ts'
import { RawTransactions } from './raw-transactions.ts'
import { ask, committedOffset, logEnd, logStart, readPartition } from './reader.ts'
import { TopicChanger } from './topic-changer.ts'

const KILLS = Number(process.env.ROBUSTNESS_KILLS ?? 25)
const SEED = Number(process.env.ROBUSTNESS_SEED ?? Date.now() % 1_000_000)
const LONGEST_LIFE_MS = 250
const LONGEST_START_MS = 300

const PARTITIONS = [0, 1, 2].flatMap((partition) => ['a', 'b'].map((topic) => ({ topic, partition })))
const TRANSACTIONAL = { topic: 'transactional', partitions: 3 }
const TRIMMED = { topic: 'trimmed', partition: 0 }

/** Retries of kafkajs that outlast any start of a broker. */
const PATIENT = { retries: 10_000, initialRetryTime: 20, maxRetryTime: 150 }

let broker: BrokerProcess
beforeAll(async () => {
  // Small segments and a coarse index, so that kills meet every boundary.
  broker = await startBroker({ settings: { 'log.segment.bytes': 100_000, 'log.index.interval.bytes': 1024 } })
  const topics = [
    ...['a', 'b'].map((name) => ({ name, numPartitions: 3 })),
    { name: TRANSACTIONAL.topic, numPartitions: TRANSACTIONAL.partitions },
    { name: TRIMMED.topic, numPartitions: 1 },
  ].map((topic) => ({ ...topic, replicationFactor: 1, assignments: [], configs: [] }))
  await ask(broker.brokers, (client) => client.send(createTopics, 5, { topics, timeoutMs: 5000 }))
})
afterAll(() => broker?.close())

test(`${KILLS} kills under load (seed ${SEED}): what was acknowledged is there, once and in order`, {
  timeout: 120_000 + KILLS * 4000,
}, async () => {
  const random = seeded(SEED)
  let done = false
  const isDone = () => done

  const raw = [
    { name: 'all', acks: -1, idempotent: true, partitions: PARTITIONS },
    { name: 'all-too', acks: -1, idempotent: true, partitions: [...PARTITIONS.slice(2), TRIMMED] },
    { name: 'leader', acks: 1, idempotent: true, partitions: PARTITIONS },
    { name: 'careless', acks: -1, idempotent: false, partitions: PARTITIONS },
  ] as const
  const producers = raw.map(
    (options, index) => new RawProducer({ ...options, brokers: broker.brokers, random: seeded(SEED + index) }),
  )
  const client = await KafkajsLoad.start(broker.brokers)
  const offsets = new SimpleCommitter(broker.brokers)
  const transactional = ([1, 2, 2] as const).map((protocol, index) => {
    const name = `transactions-${index}`
    return new RawTransactions({
      ...TRANSACTIONAL,
      brokers: broker.brokers,
      name,
      protocol,
      random: seeded(SEED - index),
    })
  })
  const trimmer = new Trimmer(broker.brokers, producers[1]!)
  const changer = new TopicChanger(broker.brokers, seeded(SEED + 100))
  const load = Promise.all([
    ...producers.map((producer) => producer.run(isDone)),
    ...[client, offsets, trimmer, changer, ...transactional].map((one) => one.run(isDone)),
  ])

  let generation = 0
  for (let kills = 0; kills < KILLS; kills++) {
    await moreThan('acknowledged batches', () => producers[0]!.acknowledged.length)
    await pause(random() * LONGEST_LIFE_MS)
    await broker.kill9()
    if (random() < 0.3 && ++kills < KILLS) await broker.startAndKill9(random() * LONGEST_START_MS)
    await broker.restart()
    const now = await generationOf(broker, KafkajsLoad.GROUP)
    expect(now).toBeGreaterThanOrEqual(generation)
    generation = now
  }
  await moreThan('acknowledged batches', () => producers[0]!.acknowledged.length)
  await moreThan('messages of kafkajs', () => client.sent)
  await moreThan('changes of topics', () => changer.changes)
  done = true
  await load

  for (const producer of producers) expect(producer.errors).toEqual([])
  for (const one of [offsets, trimmer, ...transactional]) expect(one.wentBack).toEqual([])
  for (const one of [changer, ...transactional]) expect(one.errors).toEqual([])
  await verifyTransactions(transactional)
  await client.catchUp()
  const before = await verify(producers, client)
  expect(await client.missed(before)).toEqual([])
  await broker.stop()
  await broker.restart()
  expect(await verify(producers, client)).toEqual(before)
  expect(await changer.differences()).toEqual([])
  await verifyTransactions(transactional)
  await client.close()
})

/** Every partition against what was sent and acknowledged; returns its content. */
async function verify(producers: readonly RawProducer[], client: KafkajsLoad): Promise<Map<string, StoredRecord[]>> {
  const stored = new Map<string, StoredRecord[]>()
  for (const { topic, partition } of [...PARTITIONS, TRIMMED]) {
    const where = `${topic}-${partition}`
    const from = await logStart(broker.brokers, topic, partition)
    const records = await readPartition(broker.brokers, topic, partition, { from })
    stored.set(where, records)
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, index) => from + index))
    const byOffset = new Map(records.map(({ offset, value }) => [offset, value]))
    for (const { acknowledged, name } of producers) {
      for (const { values, baseOffset, ...at } of acknowledged) {
        if (at.topic !== topic || at.partition !== partition || baseOffset < from) continue
        expect([name, ...values]).toEqual([name, ...values.map((_, index) => byOffset.get(baseOffset + index))])
      }
    }
    const inOrder = [...producers.filter(({ name }) => name !== 'careless'), client]
    for (const { name, sent } of inOrder.map((one) => ({ name: one.name, sent: sentBy(one, topic, partition) }))) {
      const found = records.map(({ value }) => value).filter((value) => value.startsWith(`${name} `))
      const all = Array.from({ length: sent }, (_, index) => `${name} ${index}`)
      expect(found).toEqual(from === 0 ? all : all.slice(all.length - found.length))
    }
  }
  return stored
}

/** Of every transaction a reader of committed records sees all that it wrote, or nothing. */
async function verifyTransactions(producers: readonly RawTransactions[]): Promise<void> {
  const { topic, partitions } = TRANSACTIONAL
  for (let partition = 0; partition < partitions; partition++) {
    const values = (await readPartition(broker.brokers, topic, partition, { committed: true })).map(
      ({ value }) => value,
    )
    for (const { name, committed } of producers) {
      const expected = committed[partition]!.map((number) => `${name} ${number}`)
      expect(values.filter((value) => value.startsWith(`${name} `))).toEqual(expected)
    }
  }
}

const sentBy = (one: RawProducer | KafkajsLoad, topic: string, partition: number): number =>
  one instanceof RawProducer ? one.sent(topic, partition) : one.sentTo(topic)

/** A producer and a consumer group of kafkajs, which know nothing of all this. */
class KafkajsLoad {
  static readonly GROUP = 'readers'
  readonly name = 'kafkajs'
  sent = 0
  private readonly brokers: string
  private readonly seen = new Set<string>()
  private readonly kafka: Kafka
  private readonly producer: Producer
  private readonly consumers = new Set<Consumer>()

  private constructor(brokers: string) {
    this.brokers = brokers
    this.kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: PATIENT, connectionTimeout: 500 })
    const createPartitioner = Partitioners.DefaultPartitioner
    this.producer = this.kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner })
  }

  static async start(brokers: string): Promise<KafkajsLoad> {
    const load = new KafkajsLoad(brokers)
    await load.producer.connect()
    await load.consume()
    await load.consume()
    return load
  }

  /** A consumer, and another in its place if it gives up, as it does when it cannot find its coordinator. */
  private async consume(): Promise<void> {
    // Short, for a consumer that restarts is a newcomer that waits until its former self is missed.
    const timeouts = { sessionTimeout: 6000, rebalanceTimeout: 6000, heartbeatInterval: 300, maxWaitTimeInMs: 100 }
    const consumer = this.kafka.consumer({ groupId: KafkajsLoad.GROUP, ...timeouts, retry: PATIENT })
    this.consumers.add(consumer)
    const replace = async (): Promise<void> => {
      if (!this.consumers.delete(consumer)) return
      await pause(50)
      await this.consume()
    }
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) void replace()
    })
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: ['a', 'b'], fromBeginning: true })
      await consumer.run({
        autoCommitInterval: 100,
        eachMessage: async ({ topic, partition, message }) => {
          this.seen.add(`${topic}-${partition} ${message.offset}`)
        },
      })
    } catch {
      await replace()
    }
  }

  /** Every round puts one record into each partition. */
  sentTo(topic: string): number {
    return topic === TRIMMED.topic ? 0 : this.sent
  }

  async run(done: () => boolean): Promise<void> {
    while (!done()) await this.sendRound()
  }

  private async sendRound(): Promise<void> {
    const messages = [0, 1, 2].map((partition) => ({ partition, value: `${this.name} ${this.sent}` }))
    await this.producer.sendBatch({ acks: -1, topicMessages: ['a', 'b'].map((topic) => ({ topic, messages })) })
    this.sent++
  }

  /**
   * The group gets over the last kill as well and commits all there is now. A client commits as it reads, so one whose
   * last commit was cut off is given something more to read.
   */
  async catchUp(): Promise<void> {
    for (const { topic, partition } of PARTITIONS) {
      const end = await logEnd(this.brokers, topic, partition)
      await until(`the group to commit ${end} of ${topic}-${partition}`, async () => {
        await this.sendRound()
        const committed = await committedOffset(this.brokers, KafkajsLoad.GROUP, topic, partition)
        return committed >= end ? true : undefined
      })
    }
  }

  /** Nothing below what the group has committed was skipped. */
  async missed(stored: ReadonlyMap<string, readonly StoredRecord[]>): Promise<string[]> {
    const missed: string[] = []
    for (const { topic, partition } of PARTITIONS) {
      const where = `${topic}-${partition}`
      const committed = await committedOffset(this.brokers, KafkajsLoad.GROUP, topic, partition)
      for (const { offset } of stored.get(where)!) {
        const record = `${where} ${offset}`
        if (offset < committed && !this.seen.has(record)) missed.push(record)
      }
    }
    return missed
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
    const consumers = [...this.consumers]
    this.consumers.clear()
    for (const consumer of consumers) await consumer.disconnect()
  }
}

/** Commits ever greater offsets without being a member of anything. */
class SimpleCommitter {
  readonly wentBack: string[] = []
  private readonly brokers: string

  constructor(brokers: string) {
    this.brokers = brokers
  }

  async run(done: () => boolean): Promise<void> {
    for (let offset = 1; !done(); offset++) {
      const commit = { partitionIndex: 0, committedOffset: offset, committedMetadata: null }
      const body = { groupId: 'simple', memberId: '', topics: [{ name: 'a', partitions: [commit] }] }
      await ask(this.brokers, (client) => client.send(offsetCommit, 7, body))
      const found = await committedOffset(this.brokers, 'simple', 'a', 0)
      if (found !== offset) this.wentBack.push(`${found} after ${offset} was acknowledged`)
    }
  }
}

/** Deletes records up to some acknowledged one, which also makes the broker write checkpoints. */
class Trimmer {
  readonly wentBack: string[] = []
  private readonly brokers: string
  private readonly producer: RawProducer

  constructor(brokers: string, producer: RawProducer) {
    this.brokers = brokers
    this.producer = producer
  }

  async run(done: () => boolean): Promise<void> {
    const { topic, partition } = TRIMMED
    while (!done()) {
      await pause(20)
      const last = this.producer.acknowledged.findLast((batch) => batch.topic === topic)
      if (last === undefined) continue
      const topics = [{ name: topic, partitions: [{ partitionIndex: partition, offset: last.baseOffset }] }]
      const answer = await ask(this.brokers, (client) => client.send(deleteRecords, 1, { topics, timeoutMs: 5000 }))
      const said = answer.topics[0]!.partitions[0]!.lowWatermark
      const found = await logStart(this.brokers, topic, partition)
      if (said < last.baseOffset || found < said) this.wentBack.push(`${found} after ${said} was acknowledged`)
    }
  }
}

async function moreThan(what: string, count: () => number): Promise<void> {
  const before = count()
  await until(`more ${what}`, async () => (count() > before ? true : undefined), { everyMs: 5 })
}

/** As the journal gave it back, for asked right after a start. */
async function generationOf({ httpPort }: BrokerProcess, groupId: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/`)
  const { groups } = (await response.json()) as { groups: { groupId: string; generation: number }[] }
  return groups.find((group) => group.groupId === groupId)?.generation ?? 0
}
