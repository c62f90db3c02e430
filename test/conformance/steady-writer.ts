import { setTimeout as pause } from 'node:timers/promises'
import { batch } from './batch.ts'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'

/** Between two records of a partition. */
const PACE_MS = 100
/** Ten minutes of them. */
const MOST = 6_000

/** Writes to all partitions of a topic, a record at a time, until it is told to stop; each says where it is. */
export class SteadyWriter {
  /** Of records in each partition. */
  count = 0
  #isStopped = false
  readonly #ended: Promise<void>

  constructor(
    private readonly kafka: KafkaUnderTest,
    private readonly topic: TestTopic,
    private readonly partitions: number,
  ) {
    this.#ended = this.#run()
    this.#ended.catch(() => {})
  }

  /** Resolves when what was begun is there. Rejects when something was not written. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
  }

  async #run(): Promise<void> {
    for (; !this.#isStopped && this.count < MOST; this.count++) {
      for (let partition = 0; partition < this.partitions; partition++) await this.#append(partition)
      await pause(PACE_MS)
    }
  }

  async #append(partition: number): Promise<void> {
    const records = batch([valueAt(partition, this.count)])
    const { errorCode, baseOffset } = await this.kafka.append(this.topic, records, { partition })
    if (errorCode !== 0 || baseOffset !== this.count)
      throw new Error(`partition ${partition} answered ${errorCode} and offset ${baseOffset}, not ${this.count}`)
  }
}

export const valueAt = (partition: number, offset: number): string => `${partition} at ${offset}`
