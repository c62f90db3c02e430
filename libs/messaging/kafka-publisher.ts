import { type Message, Partitioners, type Producer, type TopicMessages } from 'kafkajs'
import type { Topic, WireRecord } from '#libs/contracts'
import { counter, histogram, metrics } from '#libs/observability'
import { type KafkaOptions, kafkaClient } from './kafka-client.ts'

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
  close(): Promise<void>
}

const ALL_IN_SYNC_REPLICAS = -1

/**
 * The way out to Kafka for the outbox relay. Records of one key go to one partition, by the same murmur2 hash as the
 * Java client's, and one request carries them in order; requests follow one another, so a later record can only
 * overtake an earlier one whose `publish` was rejected.
 */
export const kafkaPublisher = (options: KafkaOptions): KafkaPublisher => {
  const producer = kafkaClient(options, 'briefly').producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    metadataMaxAge: 60_000,
  })
  const duration = histogram({ name: metrics.messaging.publishDuration, help: 'Time to the acknowledgement' })
  const published = counter({ name: metrics.messaging.published, help: 'Records acknowledged by the broker' })
  let connected: Promise<void> | undefined
  let last: Promise<unknown> = Promise.resolve()

  const send = async (records: readonly OutgoingRecord[]): Promise<void> => {
    connected ??= connect(producer)
    try {
      await connected
    } catch (error) {
      connected = undefined
      throw error
    }
    const done = duration.startTimer()
    await producer.sendBatch({ acks: ALL_IN_SYNC_REPLICAS, topicMessages: byTopic(records) })
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
      await producer.disconnect()
    },
  }
}

const connect = async (producer: Producer): Promise<void> => producer.connect()

const byTopic = (records: readonly OutgoingRecord[]): TopicMessages[] => {
  const topics = new Map<Topic, Message[]>()
  for (const { topic, record } of records) {
    const messages = topics.get(topic)
    if (messages === undefined) topics.set(topic, [record])
    else messages.push(record)
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }))
}
