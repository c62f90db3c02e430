import { BatchReader, batchSize, plainBatch } from '#libs/kafka-protocol'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'

/** What lets groups write what they give up to a topic. */
export const TAKES_DEAD_LETTERS = { 'errors.deadletterqueue.group.enable': 'true' }

export const deadLetterTopic = (kafka: KafkaUnderTest, partitions = 1): Promise<TestTopic> =>
  kafka.topic({ prefix: 'dlq.topic', partitions, configs: TAKES_DEAD_LETTERS })

export interface DeadLetter {
  readonly key: string | null
  readonly value: string | null
  /** Name and value, in their order. */
  readonly headers: readonly (readonly [string, unknown])[]
}

const UNCOMPRESSED_LIMIT = 1_000_000

/** What lies in one partition of a dead letter topic, the first by default, in order. */
export async function deadLettersOn(kafka: KafkaUnderTest, topic: TestTopic, partition = 0): Promise<DeadLetter[]> {
  const bytes = await kafka.read(topic, 0, { partition })
  const found: DeadLetter[] = []
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    for (const { key, value, headers } of new BatchReader().read(plainBatch(bytes, at, UNCOMPRESSED_LIMIT), 0)) {
      found.push({ key: key?.toString() ?? null, value: value?.toString() ?? null, headers: Object.entries(headers) })
    }
  }
  return found
}
