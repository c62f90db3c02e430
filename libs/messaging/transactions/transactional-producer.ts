import {
  BatchWriter,
  Compression,
  type CompressionName,
  ErrorCode,
  endTxn,
  initProducerId,
  produce,
  txnOffsetCommit,
} from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import { Cluster } from '../producer/cluster.ts'
import { errorOf, Refused, TryAgain } from '../producer/errors.ts'
import { Identity } from '../producer/identity.ts'
import { type Batch, partitionName, queuesOf } from '../producer/partition-queue.ts'
import { failureOf, type ProducerRecord, topicData, worst } from '../producer/producer.ts'
import { retrying, type Timing } from '../producer/timing.ts'
import { Coordinator, GROUP, TRANSACTION } from './coordinator.ts'

/** Transaction protocol 2 (KIP-890): partitions and groups join by being written to, and each end gives a new epoch. */
const [INIT_PRODUCER_ID, PRODUCE, TXN_OFFSET_COMMIT, END_TXN] = [5, 12, 5, 5]
const ALL_IN_SYNC_REPLICAS = -1
const REPLICATION_MS = 20_000

/** The ends of transactions before this one are waited for, which takes longer than one answer does. */
const TIMING: Timing = {
  ...{ connectMs: 1_000, requestMs: 30_000, metadataMs: 10_000 },
  retriesMs: [5, 10, 20, 50, 100, 200, 400, 400, 400, 400],
}

export interface TransactionalOptions extends KafkaOptions {
  /** One producer at a time has it: who starts with it ends what its predecessor left open, and fences it. */
  readonly transactionalId: string
  /** A transaction that its producer does not end is aborted after so long. Milliseconds. */
  readonly transactionTimeoutMs: number
  readonly compression?: CompressionName
}

/** How far a member of a group has come. The group takes it only from a member of its present generation (KIP-447). */
export interface GroupPositions {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  /** Beside the offsets, as what they are committed with: it says whose transaction may be open (`GroupMembership.departed`). */
  readonly groupInstanceId: string | null
  /** `offset`: of the next record. */
  readonly positions: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]
}

/**
 * Writes records and a group's offsets in one transaction: those who read committed see all of it or nothing.
 *
 *     start ──▶ commit ──▶ commit ──▶ …            one transaction each, one after the other
 *                  └─ rejects ──▶ start            what became of it is decided by the brokers, and told by the offsets
 *
 * After a rejection the producer is used no more until it is started again, which aborts what is open; whoever uses it
 * goes on from the group's committed offsets. `Fenced`: somebody else has the transactional id or the group's partitions.
 */
export class TransactionalProducer {
  readonly #cluster: Cluster
  readonly #coordinator: Coordinator
  /** By group. */
  readonly #groupCoordinators = new Map<string, Coordinator>()
  readonly #writer: BatchWriter
  #identity: Identity | undefined
  #isClosed = false

  constructor(
    private readonly options: TransactionalOptions,
    private readonly timing: Timing = TIMING,
  ) {
    this.#cluster = new Cluster(options, timing)
    const key = { keyType: TRANSACTION, key: options.transactionalId }
    this.#coordinator = new Coordinator(this.#cluster, key, timing)
    this.#writer = new BatchWriter(Compression[options.compression ?? 'none'])
  }

  /** Ends what this id has open, and fences whoever had it. Rejects with `TryAgain` while brokers are away. */
  async start(): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.options
    this.#identity = await retrying(this.timing, async () => {
      const request = { transactionalId, transactionTimeoutMs }
      const answer = await this.#coordinator.request(initProducerId, INIT_PRODUCER_ID, request)
      if (answer.errorCode !== ErrorCode.NONE) throw this.#coordinator.failure(answer.errorCode, 'a transactional id')
      return new Identity(answer.producerId, answer.producerEpoch, true)
    })
  }

  /** Resolves when the transaction is committed. Every record says its partition or has a key. */
  async commit(records: readonly ProducerRecord[], group?: GroupPositions): Promise<void> {
    const identity = this.#identity
    if (identity === undefined) throw new Error('the producer has not been started')
    if (records.length === 0 && (group?.positions.length ?? 0) === 0) return
    // Whatever fails, the next word is another start.
    this.#identity = undefined
    await this.#write(records, identity)
    if (group !== undefined) await this.#commitOffsets(group, identity)
    this.#identity = await this.#end(identity)
  }

  /** What is under way fails. */
  close(): void {
    this.#isClosed = true
    for (const coordinator of [this.#coordinator, ...this.#groupCoordinators.values()]) coordinator.close()
    this.#cluster.close()
  }

  async #write(records: readonly ProducerRecord[], identity: Identity): Promise<void> {
    const topics = new Set(records.map(({ topic }) => topic))
    await retrying(this.timing, async () => {
      await this.#cluster.know(topics)
      for (const topic of topics) {
        const problem = this.#cluster.problemWith(topic)
        if (problem) throw problem
      }
    })
    const placed = records.map((sent, place) => ({ ...sent, place }))
    let left = queuesOf(placed, (topic) => this.#cluster.partitionCount(topic))
    while (left.length > 0) {
      this.#writer.clear()
      const batches = left.map((queue) => queue.nextBatch(this.#writer, identity))
      await this.#deliver(batches)
      left = left.filter(({ isEmpty }) => !isEmpty)
    }
  }

  /** A batch that is sent again has its numbers, and is stored once. */
  async #deliver(batches: readonly Batch[]): Promise<void> {
    const waiting = new Set(batches)
    await retrying(this.timing, async () => {
      if (this.#isClosed) throw new Refused('the producer is closed')
      await this.#cluster.know(new Set([...waiting].map(({ topic }) => topic)))
      const byLeader = Map.groupBy(waiting, ({ topic, partition }) => this.#cluster.leaderOf(topic, partition))
      const failures = await Promise.all(Array.from(byLeader, ([leader, mine]) => this.#produce(leader, mine, waiting)))
      if (waiting.size === 0) return
      this.#cluster.doubt()
      throw worst(failures.flat())
    })
  }

  async #produce(leader: number | undefined, batches: readonly Batch[], waiting: Set<Batch>): Promise<Error[]> {
    try {
      if (leader === undefined) return [errorOf(ErrorCode.LEADER_NOT_AVAILABLE, batches[0]!.name)]
      const connection = await this.#cluster.connectionTo(leader)
      const { responses } = await connection.request(produce, PRODUCE, {
        transactionalId: this.options.transactionalId,
        acks: ALL_IN_SYNC_REPLICAS,
        timeoutMs: REPLICATION_MS,
        topicData: topicData(batches),
      })
      const answers = new Map(
        responses.flatMap(({ name, partitionResponses }) =>
          partitionResponses.map((answer) => [partitionName(name, answer.index), answer] as const),
        ),
      )
      return batches.flatMap((batch) => {
        const failure = failureOf(batch, answers.get(batch.name))
        if (failure !== undefined) return [failure]
        waiting.delete(batch)
        return []
      })
    } catch (error) {
      return [error as Error]
    }
  }

  async #commitOffsets({ positions, ...member }: GroupPositions, identity: Identity): Promise<void> {
    const { producerId, producerEpoch } = identity
    const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([name, of]) => ({
      name,
      partitions: of.map(({ partition, offset }) => ({
        ...{ partitionIndex: partition, committedOffset: offset, committedMetadata: member.groupInstanceId ?? '' },
      })),
    }))
    const { transactionalId } = this.options
    const request = { transactionalId, producerId, producerEpoch, ...member, topics }
    // The group has a coordinator of its own.
    await retrying(this.timing, async () => {
      const answer = await this.#groupCoordinator(member.groupId).request(txnOffsetCommit, TXN_OFFSET_COMMIT, request)
      for (const { name, partitions } of answer.topics)
        for (const { partitionIndex, errorCode } of partitions)
          if (errorCode !== ErrorCode.NONE)
            throw this.#groupCoordinator(member.groupId).failure(errorCode, `the offset of ${name}/${partitionIndex}`)
    })
  }

  #groupCoordinator(groupId: string): Coordinator {
    let coordinator = this.#groupCoordinators.get(groupId)
    if (coordinator === undefined) {
      coordinator = new Coordinator(this.#cluster, { keyType: GROUP, key: groupId }, this.timing)
      this.#groupCoordinators.set(groupId, coordinator)
    }
    return coordinator
  }

  /** Who the producer is in its next transaction. */
  #end({ producerId, producerEpoch }: Identity): Promise<Identity> {
    const request = { transactionalId: this.options.transactionalId, producerId, producerEpoch, committed: true }
    return retrying(this.timing, async () => {
      const answer = await this.#coordinator.request(endTxn, END_TXN, request)
      if (answer.errorCode !== ErrorCode.NONE)
        throw this.#coordinator.failure(answer.errorCode, 'the end of the transaction')
      if (answer.producerId < 0) throw new TryAgain('the end of the transaction: no epoch to go on with')
      return new Identity(answer.producerId, answer.producerEpoch, true)
    })
  }
}
