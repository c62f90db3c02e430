import { ErrorCode, initProducerId } from '#libs/kafka-protocol'
import type { BrokerConnection } from './broker-connection.ts'
import { errorOf } from './errors.ts'

/** Not yet in the flexible format: Kafka 0.11 to today speak it. */
const INIT_PRODUCER_ID_VERSION = 1
/** Sequence numbers begin again at 0 behind 2^31 - 1. */
const SEQUENCES = 2 ** 31

/**
 * Who an idempotent producer is to the brokers: an id, and how many records each partition has had from it. A batch
 * that is sent again with its numbers is stored once. The numbers must go on without a gap, so an identity is over as
 * soon as it is not certain that a partition has a batch.
 */
export class Identity {
  readonly #next = new Map<string, number>()

  constructor(
    readonly producerId: number,
    readonly producerEpoch: number,
    /** Its batches are part of a transaction. */
    readonly isTransactional = false,
  ) {}

  static async request(connection: BrokerConnection): Promise<Identity> {
    const request = { transactionalId: null, transactionTimeoutMs: 0 }
    const answer = await connection.request(initProducerId, INIT_PRODUCER_ID_VERSION, request)
    if (answer.errorCode !== ErrorCode.NONE) throw errorOf(answer.errorCode, 'a new producer id')
    return new Identity(answer.producerId, answer.producerEpoch)
  }

  /** Of the next record to this partition. */
  nextSequence(partition: string): number {
    return this.#next.get(partition) ?? 0
  }

  /** The next `count` numbers are given to a batch. */
  advance(partition: string, count: number): void {
    this.#next.set(partition, (this.nextSequence(partition) + count) % SEQUENCES)
  }
}
