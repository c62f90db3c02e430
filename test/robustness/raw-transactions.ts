import { setTimeout as pause } from 'node:timers/promises'
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  ErrorCode,
  endTxn,
  errorName,
  initProducerId,
  produce,
  txnOffsetCommit,
} from '#libs/kafka-protocol'
import type { ProtocolClient } from '../conformance/protocol-client.ts'
import { encodeBatch } from './batch.ts'
import { ask, committedOffset } from './reader.ts'

/** What says no more than that the coordinator is not done with what was asked before. */
const PASSING = new Set<number>([
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
])

const COMMITTED = 0.6
const ABORTED = 0.85

export interface RawTransactionsOptions {
  readonly brokers: string
  readonly name: string
  readonly topic: string
  readonly partitions: number
  /** Of the transaction protocol: 2 is that of KIP-890. */
  readonly protocol: 1 | 2
  readonly random: () => number
}

/**
 * A transactional producer over the bare protocol. Transaction n writes its number to several partitions and commits it
 * as an offset; then it is committed, aborted, or forgotten by a producer that starts anew. Every request is sent
 * until it is answered.
 */
export class RawTransactions {
  /** Numbers of committed transactions by the partition they wrote to, in order. */
  readonly committed: number[][]
  readonly errors: string[] = []
  readonly wentBack: string[] = []
  private readonly options: RawTransactionsOptions
  private producerId = -1
  private epoch = -1
  private sequences: number[] = []
  private count = 0

  constructor(options: RawTransactionsOptions) {
    this.options = options
    this.committed = Array.from({ length: options.partitions }, () => [])
  }

  get name(): string {
    return this.options.name
  }

  get transactions(): number {
    return this.count
  }

  async run(done: () => boolean): Promise<void> {
    await this.start()
    while (!done()) {
      try {
        await this.transaction(++this.count)
      } catch (error) {
        this.errors.push(`transaction ${this.count} of ${this.name}: ${String(error)}`)
        await this.start()
      }
    }
    // Answered only when everything before is complete.
    await this.start()
  }

  private async transaction(number: number): Promise<void> {
    const { random, partitions, name, topic, brokers } = this.options
    const chosen = Array.from({ length: partitions }, (_, index) => index).filter(() => random() < 0.6)
    for (const partition of chosen) await this.write(partition, number)
    await this.commitOffset(number)
    const fate = random()
    if (fate > ABORTED) return this.start()
    await this.end(fate < COMMITTED)
    if (fate > COMMITTED) return
    for (const partition of chosen) this.committed[partition]!.push(number)
    const found = await committedOffset(brokers, name, topic, 0)
    if (found !== number) this.wentBack.push(`${name} is at ${found} after the commit of ${number}`)
  }

  private async start(): Promise<void> {
    const { name: transactionalId } = this.options
    const answer = await this.insist('InitProducerId', (client) =>
      client.send(initProducerId, 4, { transactionalId, transactionTimeoutMs: 60_000 }),
    )
    this.use(answer.producerId, answer.producerEpoch)
  }

  private use(producerId: number, epoch: number): void {
    this.producerId = producerId
    this.epoch = epoch
    this.sequences = this.committed.map(() => 0)
  }

  private async write(partition: number, number: number): Promise<void> {
    const { topic, protocol, name: transactionalId } = this.options
    const { producerId, epoch: producerEpoch } = this
    if (protocol === 1) {
      const topics = [{ name: topic, partitions: [partition] }]
      await this.insist('AddPartitionsToTxn', async (client) => {
        const { results } = await client.send(addPartitionsToTxn, 3, {
          ...{ transactionalId, producerId, producerEpoch, topics },
        })
        return { errorCode: results[0]!.resultsByPartition[0]!.partitionErrorCode }
      })
    }
    const producer = { producerId, epoch: producerEpoch, sequence: this.sequences[partition]! }
    const partitionData = [
      { index: partition, records: [encodeBatch([`${transactionalId} ${number}`], producer, true)] },
    ]
    await this.insist('Produce', async (client) => {
      const answer = await client.send(produce, protocol === 1 ? 9 : 12, {
        ...{ transactionalId, acks: -1, timeoutMs: 5000, topicData: [{ name: topic, partitionData }] },
      })
      return answer.responses[0]!.partitionResponses[0]!
    })
    this.sequences[partition]!++
  }

  private async commitOffset(offset: number): Promise<void> {
    const { name: transactionalId, topic, protocol } = this.options
    const { producerId, epoch: producerEpoch } = this
    const whose = { transactionalId, producerId, producerEpoch, groupId: transactionalId }
    if (protocol === 1) await this.insist('AddOffsetsToTxn', (client) => client.send(addOffsetsToTxn, 3, whose))
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
    await this.insist('TxnOffsetCommit', async (client) => {
      const topics = [{ name: topic, partitions }]
      const answer = await client.send(txnOffsetCommit, protocol === 1 ? 3 : 5, { ...whose, topics })
      return answer.topics[0]!.partitions[0]!
    })
  }

  private async end(committed: boolean): Promise<void> {
    const { name: transactionalId, protocol } = this.options
    const { producerId, epoch: producerEpoch } = this
    const answer = await this.insist('EndTxn', (client) =>
      client.send(endTxn, protocol === 1 ? 3 : 5, { transactionalId, producerId, producerEpoch, committed }),
    )
    if (protocol === 2) this.use(answer.producerId, answer.producerEpoch)
  }

  private async insist<A extends { readonly errorCode: number }>(
    what: string,
    question: (client: ProtocolClient) => Promise<A>,
  ): Promise<A> {
    for (;;) {
      const answer = await ask(this.options.brokers, question)
      if (answer.errorCode === ErrorCode.NONE) return answer
      if (!PASSING.has(answer.errorCode)) throw new Error(`${what} was answered ${errorName(answer.errorCode)}`)
      await pause(5)
    }
  }
}
