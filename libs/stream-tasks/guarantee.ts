import {
  type GroupMembership,
  type GroupPositions,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
} from '#libs/messaging'

/** Kafka Streams calls it `processing.guarantee`. */
export type Guarantee = 'exactly_once' | 'at_least_once'

/** Takes what a topology says, and then how far it has read. `TransactionalProducer` does both in one. */
export interface Committer {
  start(): Promise<void>
  commit(outputs: readonly ProducerRecord[], group: GroupPositions): Promise<void>
  close(): void
}

/**
 * First the outputs and the changelog, then the offsets: whoever dies between them processes records a second time, on a state
 * that knows them already. It is what a topology has to bear that asks for it, and what the transaction is measured against.
 */
export class AtLeastOnce implements Committer {
  readonly #producer: Producer

  constructor(
    options: ProducerOptions,
    private readonly membership: GroupMembership,
  ) {
    this.#producer = new Producer(options)
  }

  async start(): Promise<void> {}

  async commit(outputs: readonly ProducerRecord[], { positions }: GroupPositions): Promise<void> {
    await this.#producer.send(outputs)
    await this.membership.commit(new Map(positions.map(({ partition, offset }) => [partition, offset])))
  }

  close(): void {
    this.#producer.close()
  }
}
