import { randomUUID } from 'node:crypto'
import kafkajs, { CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { questionTopics, topicNames } from '#libs/contracts'

/**
 * What our services write is compressed; here it is read as anybody with kafkajs and an LZ4 package would. The codecs are no
 * named export to a module that Node itself loads.
 */
kafkajs.CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder: { buffer: Buffer }) => compressFrame(encoder.buffer),
  decompress: (buffer: Buffer) => decompressFrame(buffer),
})

/** And queues, by which no customer hears of an order who has not said so. */
const QUEUES = ['notifications-high', 'notifications-normal', 'notifications-low']
const OTHERS: ReadonlySet<string> = new Set(['dead-letters', 'catalogue', 'customer-keys', 'subscriptions', ...QUEUES])

/** Those that orders travel by, and where what cannot be read is parked. */
export const orderTopics = topicNames.filter((topic) => !OTHERS.has(topic) && !Object.hasOwn(questionTopics, topic))

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly id: string
  readonly type: string
  readonly value: string | undefined
  readonly headers: Record<string, string>
}

/** `login`: at a broker that asks who comes; default: what `asAdmin` of `system.ts` has said, if anything. */
export const kafkaOf = (brokers: string[], login = loginOf(process.env)): Kafka => {
  const sasl = login && { sasl: { mechanism: 'scram-sha-512' as const, ...login } }
  return new Kafka({ brokers, clientId: 'test', logLevel: logLevel.NOTHING, retry: { retries: 20 }, ...sasl })
}

const loginOf = ({ KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password }: NodeJS.ProcessEnv) =>
  username && password ? { username, password } : undefined

/** Everything on a topic up to where it ends now, in order per partition. */
export const readTopic = async (brokers: string[], topic: string): Promise<ReadRecord[]> => {
  const kafka = kafkaOf(brokers)
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const missing = new Map(
    offsets.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, Number(high)]),
  )
  const records: ReadRecord[] = []
  if (missing.size === 0) return records
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          const headers = Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
          )
          records.push({
            partition,
            offset: Number(message.offset),
            key: message.key?.toString() ?? '',
            id: headers.ce_id ?? '',
            type: headers.ce_type ?? '',
            value: message.value?.toString(),
            headers,
          })
          if (Number(message.offset) + 1 >= missing.get(partition)!) missing.delete(partition)
          if (missing.size === 0) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return records
}
