import type { StreamTopic, Topic, WireRecord } from '#libs/contracts'
import { counter, histogram, metrics } from '#libs/observability'
import { Producer, type ProducerOptions } from './producer/producer.ts'
import type { Timing } from './producer/timing.ts'

/** A record and where it goes. */
export interface OutgoingRecord {
  readonly topic: Topic | StreamTopic
  readonly record: WireRecord
  /** Where it goes, whatever its key says. */
  readonly partition?: number | undefined
}

export interface KafkaPublisher {
  /**
   * Resolves when every in-sync replica has every record, in the order given per key; rejects when it cannot be said
   * that they have, and then any of the records that were not `acknowledged` (by their places) may have arrived or not.
   * Publishing the same records again is safe for consumers, which know each message by its id. Calls may overlap as
   * long as no partition has records in two of them.
   */
  publish(records: readonly OutgoingRecord[], acknowledged?: (places: readonly number[]) => void): Promise<void>
  /** Names the partition of a key, as topics are known at this moment. */
  partitioner(): (topic: string, key: string) => string
  /** Resolves when what is under way is settled. */
  close(): Promise<void>
}

/**
 * The way out to Kafka for the outbox relay. Records of one key go to one partition, by the same murmur2 hash as the
 * Java client's, and one request carries them in order.
 */
export const kafkaPublisher = (options: ProducerOptions, timing?: Timing): KafkaPublisher => {
  const producer = new Producer(options, timing)
  const duration = histogram(metrics.messaging.publishDuration)
  const published = counter(metrics.messaging.published)
  const underWay = new Set<Promise<void>>()

  const send: KafkaPublisher['publish'] = async (records, acknowledged) => {
    const done = duration.startTimer({})
    await producer.send(records, (places) => {
      published.inc(places.length)
      acknowledged?.(places)
    })
    done()
  }

  return {
    publish: (records, acknowledged) => {
      const sent = send(records, acknowledged)
      const settled = sent.catch(() => {}).finally(() => underWay.delete(settled))
      underWay.add(settled)
      return sent
    },
    partitioner: () => producer.partitioner(),
    close: async () => {
      await Promise.all(underWay)
      producer.close()
    },
  }
}
