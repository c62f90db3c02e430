import {
  batchBaseOffset,
  batchLastOffset,
  batchSize,
  ErrorCode,
  fetch,
  produce,
  Reader,
  readResponseHeader,
} from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import { percentile } from '../figures.ts'
import { addressOf, type BrokerUnderTest } from './broker-under-test.ts'
import type { KafkaTools } from './kafka-tools.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'
import type { Options } from './options.ts'
import type { Results } from './results.ts'
import { withTopic } from './topics.ts'

export const RATE = 5000
const PRODUCE_VERSION = 9
const FETCH_VERSION = 11
const END_TO_END_RECORDS = 2000

/** From the moment a record was due to be sent to its arrival at a consumer that waits for it, `acks=all`. */
export const latency = async (
  broker: BrokerUnderTest,
  tools: KafkaTools | undefined,
  options: Options,
  results: Results,
): Promise<void> => {
  const measured = await withTopic(broker, 1, (topic) => atFixedRate(broker, topic, options.seconds * 1000))
  results.add(`end to end at ${RATE}/s`, broker.name, measured)
  if (tools === undefined) return
  const brokers = addressOf(broker)
  const { p50, p99 } = await withTopic(broker, 1, (topic) =>
    tools.produce({ brokers, topic, records: RATE * options.seconds, size: 100, acks: 'all', rate: RATE }),
  )
  results.add(`ProducerPerformance at ${RATE}/s`, broker.name, { p50, p99 })
  const single = await withTopic(broker, 1, (topic) => tools.endToEnd(brokers, topic, END_TO_END_RECORDS))
  results.add('EndToEndLatency, one at a time', broker.name, single)
}

/** The first second is not counted: code is compiled as it gets hot, in either broker. */
const WARM_UP_MS = 1000

const atFixedRate = async (broker: BrokerUnderTest, topic: string, lengthMs: number) => {
  const [producer, consumer] = await Promise.all([LoadConnection.to(broker), LoadConnection.to(broker)])
  const arrivals = new Map<number, number>()
  const dueAt = new Map<number, number>()
  let end = 0
  const consuming = consume(consumer, topic, arrivals, () => end > 0 && arrivals.has(end - 1))
  const answers: Promise<void>[] = []
  const began = performance.now()
  let sent = 0
  while (sent < (RATE * (lengthMs + WARM_UP_MS)) / 1000) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    const due = Math.floor(((performance.now() - began) * RATE) / 1000) - sent
    if (due <= 0) continue
    const first = sent
    sent += due
    const answer = producer.send(requestOf(topic, due)).then((frame) => {
      const baseOffset = baseOffsetOf(frame)
      for (let i = 0; i < due; i++) dueAt.set(baseOffset + i, began + ((first + i + 1) * 1000) / RATE)
    })
    answers.push(answer)
  }
  await Promise.all(answers)
  end = sent
  await consuming
  producer.close()
  consumer.close()
  const counted = [...dueAt].filter(([, due]) => due >= began + WARM_UP_MS)
  const latencies = counted.map(([offset, due]) => arrivals.get(offset)! - due)
  return { p50: percentile(latencies, 50), p99: percentile(latencies, 99) }
}

const requests = new Map<string, Buffer>()
const requestOf = (topic: string, records: number): Buffer => {
  const key = `${topic}|${records}`
  const known = requests.get(key)
  if (known !== undefined) return known
  const values = Array.from({ length: records }, () => Buffer.alloc(100, 'x'))
  const made = encodedRequest(produce, PRODUCE_VERSION, {
    ...{ transactionalId: null, acks: -1, timeoutMs: 30_000 },
    topicData: [
      { name: topic, partitionData: [{ index: 0, records: [testBatch({ values, timestamps: [Date.now()] })] }] },
    ],
  })
  requests.set(key, made)
  return made
}

const baseOffsetOf = (frame: Buffer): number => {
  const reader = new Reader(frame)
  readResponseHeader(reader, produce as never, PRODUCE_VERSION)
  const answer = produce.readResponse(reader, PRODUCE_VERSION).responses[0]?.partitionResponses[0]
  if (answer?.errorCode !== ErrorCode.NONE) throw new Error(`producing failed with error ${answer?.errorCode}`)
  return answer.baseOffset
}

/** Notes when each offset arrived, until `isOver`. */
const consume = async (
  connection: LoadConnection,
  topic: string,
  arrivals: Map<number, number>,
  isOver: () => boolean,
): Promise<void> => {
  let next = 0
  while (!isOver()) {
    const request = encodedRequest(fetch, FETCH_VERSION, {
      ...{ maxWaitMs: 100, minBytes: 1, maxBytes: 1_000_000 },
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: next, partitionMaxBytes: 1_000_000 }] }],
    })
    const reader = new Reader(await connection.send(request))
    const now = performance.now()
    readResponseHeader(reader, fetch as never, FETCH_VERSION)
    const batches = fetch.readResponse(reader, FETCH_VERSION).responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
    for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
      const last = batchLastOffset(batches, at)
      for (let offset = batchBaseOffset(batches, at); offset <= last; offset++) arrivals.set(offset, now)
      next = last + 1
    }
  }
}
