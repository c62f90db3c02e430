import { ErrorCode, produce, Reader, readResponseHeader } from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import { percentile } from '../figures.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'
import type { Options } from './options.ts'
import { usageOf } from './process-usage.ts'
import type { Results } from './results.ts'
import { beginAtTheStart, ShareWorker } from './share-worker.ts'
import { withTopic } from './topics.ts'

const PRODUCE_VERSION = 9
const BATCH = 100
/** So that eight workers have room for all they ask for: a partition has 2,000 records in flight at the most. */
const MAX_RECORDS = 200
const ACKNOWLEDGED_ALONE = 2000
const WARM_UP = 200
let groups = 0

/**
 * Share groups (KIP-932) on one partition with records of 100 bytes: how fast one worker and eight get through it, who
 * accept what they have with their next fetch; and how long one record takes from being accepted to its answer.
 */
export const share = async (broker: BrokerUnderTest, options: Options, results: Results): Promise<void> => {
  const records = Math.ceil(options.records / 10 / BATCH) * BATCH
  for (const workers of [1, 8]) {
    await withRecords(broker, records, async (topic) => {
      const members = await joined(broker, topic, workers)
      const [seconds, used] = await usageOf(broker.pid, () => consumed(members, records))
      const cpu = (used.cpuSeconds / records) * 1e6
      const what = `share consume, ${workers} ${workers === 1 ? 'worker' : 'workers'}`
      results.add(what, broker.name, { rate: records / seconds, cpu, peakMb: used.peakMb })
    })
  }
  const alone = Math.min(ACKNOWLEDGED_ALONE, records)
  const latencies = await withRecords(broker, alone, async (topic) => {
    const [worker] = await joined(broker, topic, 1)
    return acknowledged(worker!, alone)
  })
  const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)]
  results.add('share acknowledge, one record', broker.name, { p50, p99 })
}

const joined = async (broker: BrokerUnderTest, topic: string, count: number): Promise<ShareWorker[]> => {
  const groupId = `bench-share-${process.pid}-${groups++}`
  await beginAtTheStart(broker, groupId)
  return Promise.all(Array.from({ length: count }, () => ShareWorker.join(broker, groupId, topic)))
}

/** Seconds until all of the records are accepted, and each but once. */
const consumed = async (workers: readonly ShareWorker[], records: number): Promise<number> => {
  const began = performance.now()
  let accepted = 0
  const working = workers.map(async (worker) => {
    while (accepted < records) {
      const more = await worker.work(MAX_RECORDS)
      accepted += more
    }
  })
  await Promise.all(working)
  const seconds = (performance.now() - began) / 1000
  for (const worker of workers) worker.close()
  if (accepted !== records) throw new Error(`${accepted} of ${records} records were accepted`)
  return seconds
}

/** Milliseconds of each acknowledgement; the first ones are not counted. */
const acknowledged = async (worker: ShareWorker, records: number): Promise<number[]> => {
  const latencies: number[] = []
  for (let record = 0; record < records; ) {
    await worker.work(1)
    if (worker.holds === 0) continue
    record += worker.holds
    const began = performance.now()
    await worker.accept()
    if (record > WARM_UP) latencies.push(performance.now() - began)
  }
  worker.close()
  return latencies
}

const withRecords = <T>(broker: BrokerUnderTest, records: number, work: (topic: string) => Promise<T>): Promise<T> =>
  withTopic(broker, 1, async (topic) => {
    const connection = await LoadConnection.to(broker)
    const values = Array.from({ length: BATCH }, () => Buffer.alloc(100, 'x'))
    const batch = testBatch({ values, timestamps: [Date.now()] })
    const request = encodedRequest(produce, PRODUCE_VERSION, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 30_000 },
      topicData: [{ name: topic, partitionData: [{ index: 0, records: [batch] }] }],
    })
    for (let sent = 0; sent < records; sent += BATCH) {
      const reader = new Reader(await connection.send(request))
      readResponseHeader(reader, produce as never, PRODUCE_VERSION)
      const answer = produce.readResponse(reader, PRODUCE_VERSION).responses[0]?.partitionResponses[0]
      if (answer?.errorCode !== ErrorCode.NONE) throw new Error(`producing failed with error ${answer?.errorCode}`)
    }
    connection.close()
    return work(topic)
  })
