import type { Topic, WireRecord } from '#libs/contracts'
import { counter, histogram, metrics } from '#libs/observability'
import type { KafkaOptions } from './kafka-client.ts'
import { Producer } from './producer/producer.ts'
import type { Timing } from './producer/timing.ts'

/** A record and where it goes. */
export interface OutgoingRecord {
  readonly topic: Topic
  readonly record: WireRecord
}

export interface KafkaPublisher {
  /**
   * Resolves when every in-sync replica has every record, in the order given per key; rejects when it cannot be said
   * that they have, and then any of the records may have arrived or not. Publishing the same records again is safe
   * for consumers, which know each message by its id.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>
  /** Resolves when what is under way is settled. */
  close(): Promise<void>
}

/**
 * The way out to Kafka for the outbox relay. Records of one key go to one partition, by the same murmur2 hash as the
 * Java client's, and one request carries them in order; publishes follow one another, so a later record can only
 * overtake an earlier one whose `publish` was rejected.
 */
export const kafkaPublisher = (options: KafkaOptions, timing?: Timing): KafkaPublisher => {
  const producer = new Producer(options, timing)
  const duration = histogram({ name: metrics.messaging.publishDuration, help: 'Time to the acknowledgement' })
  const published = counter({ name: metrics.messaging.published, help: 'Records acknowledged by the broker' })
  let last: Promise<unknown> = Promise.resolve()

  const send = async (records: readonly OutgoingRecord[]): Promise<void> => {
    const done = duration.startTimer()
    await producer.send(records)
    done()
    published.inc(records.length)
  }

  return {
    publish: (records) => {
      const sent = last.then(() => send(records))
      last = sent.catch(() => {})
      return sent
    },
    close: async () => {
      await last
      producer.close()
    },
  }
}
