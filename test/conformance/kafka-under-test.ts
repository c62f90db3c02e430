import { afterAll, beforeAll, expect } from 'vitest'
import {
  createTopics,
  fetch,
  findCoordinator,
  initProducerId,
  listOffsets,
  offsetFetch,
  produce,
} from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { until } from '../support/until.ts'
import type { Producer } from './batch.ts'
import { ProtocolClient } from './protocol-client.ts'

export interface TestTopic {
  readonly name: string
  readonly topicId: string
}

interface TopicOptions {
  /** How its name begins. */
  readonly prefix?: string
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string>>
}

interface FetchOptions {
  readonly partition?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly leaderEpoch?: number
  readonly isolationLevel?: 0 | 1
}

/**
 * The broker that a spec file speaks to: the one that KAFKA_BROKERS names, else a bundled one of its own. Either
 * creates topics on demand and starts rebalances at once; a session may be as short as a second.
 */
export class KafkaUnderTest {
  private own: BrokerProcess | undefined
  private readonly clients: ProtocolClient[] = []
  private names = 0
  client!: ProtocolClient

  get brokers(): string {
    return process.env.KAFKA_BROKERS ?? this.own!.brokers
  }

  /** `settings` are for the bundled broker: another one has its own. */
  async start(settings: Readonly<Record<string, string | number>> = {}): Promise<void> {
    if (process.env.KAFKA_BROKERS === undefined) {
      this.own = await startBroker({ settings: { 'group.min.session.timeout.ms': 1000, ...settings } })
    }
    this.client = await this.connect()
    if (this.own === undefined) await this.coordinatesGroups()
  }

  /**
   * Kafka makes the topic of its coordinators when the first group looks for one, and loads its partitions one by one:
   * groups enough to meet all of them are asked for until each has an answer.
   */
  private async coordinatesGroups(): Promise<void> {
    const names = Array.from({ length: 500 }, (_, n) => `coordinated-${n}`)
    const groups = names.map((groupId) => ({ groupId, topics: [] }))
    await until('a coordinator for every group', async () => {
      await this.client.send(findCoordinator, 4, { keyType: 0, coordinatorKeys: names })
      const answer = await this.client.send(offsetFetch, 8, { groups, requireStable: false })
      return answer.groups.every(({ errorCode }) => errorCode === 0) || undefined
    })
  }

  /** Kills the bundled broker and starts it again; others are not ours to kill. */
  async killAndRestart(): Promise<void> {
    if (this.own === undefined) throw new Error('only a broker of its own may be killed')
    await this.own.kill9()
    await this.own.restart()
    this.client = await this.connect()
  }

  /** What the bundled broker answers by HTTP; others have no such thing. */
  async http(path: string): Promise<string> {
    return (await globalThis.fetch(`http://127.0.0.1:${this.own!.httpPort}${path}`)).text()
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close()
    await this.own?.close()
  }

  /** A connection of its own, for requests that wait; closed at the end. */
  async connect(): Promise<ProtocolClient> {
    const client = await ProtocolClient.connect(this.brokers)
    this.clients.push(client)
    return client
  }

  /** A name that nobody has used on this broker. */
  name(prefix: string): string {
    return `${prefix}-${process.pid}-${Date.now()}-${this.names++}`
  }

  /** A topic that can be used. */
  async topic({ prefix = 'topic', partitions = 1, configs = {} }: TopicOptions = {}): Promise<TestTopic> {
    const name = this.name(prefix)
    const wanted = {
      ...{ name, numPartitions: partitions, replicationFactor: 1, assignments: [] },
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const [created] = (await this.client.send(createTopics, 7, { topics: [wanted] })).topics
    if (created!.errorCode !== 0) throw new Error(`${name} was not created: ${created!.errorMessage}`)
    await this.isLed(name, partitions)
    return { name, topicId: created!.topicId }
  }

  /** Kafka answers a creation before the leaders of the new partitions know that they are. */
  async isLed(name: string, count: number): Promise<void> {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    const errors = async () => {
      const answer = await this.client.send(listOffsets, 6, { replicaId: -1, topics: [{ name, partitions }] })
      return answer.topics[0]!.partitions.filter(({ errorCode }) => errorCode !== 0).length
    }
    await expect.poll(errors, { interval: 20, timeout: 10_000 }).toBe(0)
  }

  /** A new idempotent producer that has sent nothing. */
  async producer(): Promise<Producer> {
    const request = { transactionalId: null, transactionTimeoutMs: 0 }
    const { producerId, producerEpoch } = await this.client.send(initProducerId, 4, request)
    return { producerId, epoch: producerEpoch, sequence: 0 }
  }

  /** Appends to one partition, the first by default; resolves to its part of the answer. */
  async append(topic: TestTopic, records: Buffer, { acks = -1, version = 9, partition = 0 } = {}) {
    const partitionData = [{ index: partition, records: [records] }]
    const request = { acks, timeoutMs: 5000, topicData: [{ name: topic.name, partitionData }] }
    const answer = await this.client.send(produce, version, request)
    return answer.responses[0]!.partitionResponses[0]!
  }

  /** Reads one partition; resolves to its part of the answer. */
  async fetch(topic: TestTopic, offset: number, options: FetchOptions = {}, client = this.client) {
    const { partition = 0, maxWaitMs = 0, minBytes = 1, maxBytes = 1_000_000, leaderEpoch = -1 } = options
    const { partitionMaxBytes = maxBytes, isolationLevel = 0 } = options
    const wanted = { partition, fetchOffset: offset, partitionMaxBytes, currentLeaderEpoch: leaderEpoch }
    const topics = [{ topicId: topic.topicId, partitions: [wanted] }]
    const answer = await client.send(fetch, 16, { maxWaitMs, minBytes, maxBytes, isolationLevel, topics })
    return answer.responses[0]!.partitions[0]!
  }

  /** The batches from this offset on, as they are stored. */
  async read(topic: TestTopic, offset: number, options: FetchOptions = {}): Promise<Buffer> {
    return (await this.fetch(topic, offset, options)).records ?? Buffer.alloc(0)
  }
}

/** Starts and stops the broker around the tests of this file. */
export function kafkaUnderTest(settings: Readonly<Record<string, string | number>> = {}): KafkaUnderTest {
  const kafka = new KafkaUnderTest()
  beforeAll(() => kafka.start(settings))
  afterAll(() => kafka.stop())
  return kafka
}
