import { setTimeout as pause } from 'node:timers/promises'
import { errorName, initProducerId, produce } from '#libs/kafka-protocol'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { encodeBatch, NOBODY } from './batch.ts'

/** Kafka's limit for a producer that wants its order kept. */
const MAX_IN_FLIGHT = 5
const MAX_RECORDS = 20
const BETWEEN_ATTEMPTS_MS = 10

interface Batch {
  readonly topic: string
  readonly partition: number
  /** Number of the first record among those of this producer in the partition: also its sequence. */
  readonly first: number
  readonly values: readonly string[]
}

export interface Acknowledgement extends Batch {
  readonly baseOffset: number
}

export interface RawProducerOptions {
  readonly brokers: string
  readonly name: string
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  readonly acks: -1 | 1
  readonly idempotent: boolean
  readonly random: () => number
}

/**
 * A producer over the bare protocol, as stubborn as a client may be: five requests in flight, each sent again in its
 * place until it is answered, whatever happens to the connection.
 */
export class RawProducer {
  readonly acknowledged: Acknowledgement[] = []
  /** Errors the broker answered with. A healthy broker has no reason for any. */
  readonly errors: string[] = []
  private readonly options: RawProducerOptions
  private readonly counts = new Map<string, number>()
  private readonly unanswered: Batch[][] = []
  private identity: { producerId: number; epoch: number } | undefined

  constructor(options: RawProducerOptions) {
    this.options = options
  }

  get name(): string {
    return this.options.name
  }

  /** Records given to a partition, acknowledged or not. */
  sent(topic: string, partition: number): number {
    return this.counts.get(`${topic} ${partition}`) ?? 0
  }

  /** Produces until `done`, then until everything is acknowledged. */
  async run(done: () => boolean): Promise<void> {
    while (!done() || this.unanswered.length > 0) {
      const client = await ProtocolClient.connect(this.options.brokers).catch(() => undefined)
      try {
        if (client !== undefined) await this.drive(client, done)
      } catch {
        // The connection is gone: all that is unanswered is sent again on the next one.
      } finally {
        client?.close()
      }
      await pause(BETWEEN_ATTEMPTS_MS)
    }
  }

  private async drive(client: ProtocolClient, done: () => boolean): Promise<void> {
    if (this.options.idempotent) this.identity ??= await this.introduce(client)
    const inFlight = this.unanswered.map((request) => this.send(client, request))
    for (;;) {
      while (inFlight.length < MAX_IN_FLIGHT && !done()) {
        const request = this.nextRequest()
        this.unanswered.push(request)
        inFlight.push(this.send(client, request))
      }
      const oldest = inFlight.shift()
      if (oldest === undefined) return
      this.acknowledged.push(...(await oldest))
      this.unanswered.shift()
    }
  }

  private async introduce(client: ProtocolClient) {
    const answer = await client.send(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
    return { producerId: answer.producerId, epoch: answer.producerEpoch }
  }

  /** One batch each for some of the partitions. */
  private nextRequest(): Batch[] {
    const { partitions, random, name } = this.options
    const chosen = partitions.filter(() => random() < 0.5)
    return (chosen.length > 0 ? chosen : partitions.slice(0, 1)).map(({ topic, partition }) => {
      const first = this.sent(topic, partition)
      const count = 1 + Math.floor(random() * MAX_RECORDS)
      this.counts.set(`${topic} ${partition}`, first + count)
      return { topic, partition, first, values: Array.from({ length: count }, (_, i) => `${name} ${first + i}`) }
    })
  }

  private send(client: ProtocolClient, batches: readonly Batch[]): Promise<Acknowledgement[]> {
    const { acks } = this.options
    const topicData = batches.map(({ topic, partition, first, values }) => {
      const producer = this.identity === undefined ? NOBODY : { ...this.identity, sequence: first }
      return { name: topic, partitionData: [{ index: partition, records: [encodeBatch(values, producer)] }] }
    })
    const acknowledged = client.send(produce, 9, { acks, timeoutMs: 30_000, topicData }).then(({ responses }) =>
      batches.flatMap((batch, index) => {
        const { errorCode, baseOffset, errorMessage } = responses[index]!.partitionResponses[0]!
        if (errorCode === 0) return [{ ...batch, baseOffset }]
        this.errors.push(
          `${errorName(errorCode)} ${errorMessage} for ${batch.values[0]} in ${batch.topic}-${batch.partition}`,
        )
        return []
      }),
    )
    acknowledged.catch(() => {})
    return acknowledged
  }
}
