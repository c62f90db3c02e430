import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  ErrorCode,
  endTxn,
  findCoordinator,
  initProducerId,
  produce,
  txnOffsetCommit,
} from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import { Attribute, batch } from './batch.ts'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'

/**
 * Protocol 1: the client adds partitions and keeps its epoch. Protocol 2 (KIP-890): the broker adds them as they are
 * written to, and every end of a transaction gives the producer another epoch.
 */
export type TransactionProtocol = 1 | 2

interface Options {
  readonly transactionalId?: string
  readonly protocol?: TransactionProtocol
  readonly timeoutMs?: number
}

/** A transactional producer whose every request and answer a test can see. */
export class TransactionalProducer {
  producerId = -1
  epoch = -1
  readonly transactionalId: string
  readonly protocol: TransactionProtocol
  private readonly kafka: KafkaUnderTest
  private readonly timeoutMs: number
  private readonly sequences = new Map<string, number>()

  constructor(kafka: KafkaUnderTest, { transactionalId, protocol = 2, timeoutMs = 60_000 }: Options = {}) {
    this.kafka = kafka
    this.transactionalId = transactionalId ?? kafka.name('txn')
    this.protocol = protocol
    this.timeoutMs = timeoutMs
  }

  static async start(kafka: KafkaUnderTest, options: Options = {}): Promise<TransactionalProducer> {
    const producer = new TransactionalProducer(kafka, options)
    await producer.start()
    return producer
  }

  /** Takes the next epoch; what another instance has open is aborted. */
  async start(): Promise<void> {
    await until('a coordinator', async () => {
      const { coordinators } = await this.kafka.client.send(findCoordinator, 4, {
        ...{ keyType: 1, coordinatorKeys: [this.transactionalId] },
      })
      return coordinators[0]!.errorCode === ErrorCode.NONE ? true : undefined
    })
    const answer = await settled(() => this.init())
    if (answer.errorCode !== ErrorCode.NONE) throw new Error(`InitProducerId answered ${answer.errorCode}`)
    this.use(answer.producerId, answer.producerEpoch)
  }

  init(current: { producerId?: number; producerEpoch?: number } = {}, version = 5) {
    const { transactionalId, timeoutMs: transactionTimeoutMs } = this
    return this.kafka.client.send(initProducerId, version, { transactionalId, transactionTimeoutMs, ...current })
  }

  /** Goes on with this id and epoch, and sequences that start over. */
  use(producerId: number, epoch: number): void {
    this.producerId = producerId
    this.epoch = epoch
    this.sequences.clear()
  }

  /** As it is now, for a test that goes back to it. */
  clone(): TransactionalProducer {
    const { transactionalId, protocol, timeoutMs } = this
    const clone = new TransactionalProducer(this.kafka, { transactionalId, protocol, timeoutMs })
    clone.use(this.producerId, this.epoch)
    for (const [key, sequence] of this.sequences) clone.sequences.set(key, sequence)
    return clone
  }

  async add(topic: TestTopic, partition = 0, version = 3): Promise<number> {
    const { transactionalId, producerId, epoch: producerEpoch } = this
    const topics = [{ name: topic.name, partitions: [partition] }]
    const request = { transactionalId, producerId, producerEpoch, topics }
    const answer = await settled(async () => {
      const { results } = await this.kafka.client.send(addPartitionsToTxn, version, request)
      return { errorCode: results[0]!.resultsByPartition[0]!.partitionErrorCode }
    })
    return answer.errorCode
  }

  /** Writes as part of the transaction, having added the partition if that is left to the client. */
  async write(topic: TestTopic, values: readonly string[], partition = 0) {
    if (this.protocol === 1) {
      const errorCode = await this.add(topic, partition)
      if (errorCode !== ErrorCode.NONE) throw new Error(`AddPartitionsToTxn answered ${errorCode}`)
    }
    return settled(() => this.produce(topic, values, partition))
  }

  async produce(
    topic: TestTopic,
    values: readonly string[],
    partition = 0,
    { version = this.protocol === 1 ? 9 : 12, transactional = true, ahead = 0 } = {},
  ) {
    const { producerId, epoch, transactionalId } = this
    const key = `${topic.name}-${partition}`
    const sequence = (this.sequences.get(key) ?? 0) + ahead
    const attributes = transactional ? Attribute.transactional : 0
    const records = [batch(values, { producerId, epoch, sequence }, attributes)]
    const topicData = [{ name: topic.name, partitionData: [{ index: partition, records }] }]
    const request = { transactionalId: transactional ? transactionalId : null, acks: -1, timeoutMs: 5000, topicData }
    const answer = await this.kafka.client.send(produce, version, request)
    const result = answer.responses[0]!.partitionResponses[0]!
    if (result.errorCode === ErrorCode.NONE) this.sequences.set(key, sequence + values.length)
    return result
  }

  async addGroup(groupId: string, version = 3): Promise<number> {
    const { transactionalId, producerId, epoch: producerEpoch } = this
    const request = { transactionalId, producerId, producerEpoch, groupId }
    return (await settled(() => this.kafka.client.send(addOffsetsToTxn, version, request))).errorCode
  }

  /** Commits one offset of the group as part of the transaction. */
  async commitOffset(
    groupId: string,
    topic: TestTopic,
    offset: number,
    { version = this.protocol === 1 ? 3 : 5, generationId = -1, memberId = '' } = {},
  ): Promise<number> {
    const { transactionalId, producerId, epoch: producerEpoch } = this
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'meta' }]
    const answer = await settled(async () => {
      const { topics } = await this.kafka.client.send(txnOffsetCommit, version, {
        ...{ transactionalId, groupId, producerId, producerEpoch, generationId, memberId },
        topics: [{ ...topic, partitions }],
      })
      return topics[0]!.partitions[0]!
    })
    return answer.errorCode
  }

  async end(committed: boolean, version = this.protocol === 1 ? 3 : 5): Promise<number> {
    const { transactionalId, producerId, epoch: producerEpoch } = this
    const request = { transactionalId, producerId, producerEpoch, committed }
    const answer = await settled(() => this.kafka.client.send(endTxn, version, request))
    if (answer.errorCode === ErrorCode.NONE && version >= 5) this.use(answer.producerId, answer.producerEpoch)
    return answer.errorCode
  }
}

const PASSING = new Set<number>([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
])

/** Asks again while the answer says no more than that the coordinator is busy with the transaction before. */
function settled<A extends { readonly errorCode: number }>(ask: () => Promise<A>): Promise<A> {
  return until('the transaction before to be complete', async () => {
    const answer = await ask()
    return PASSING.has(answer.errorCode) ? undefined : answer
  })
}
