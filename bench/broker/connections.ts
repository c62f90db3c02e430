import { ErrorCode, produce, Reader, readResponseHeader } from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'
import type { Options } from './options.ts'
import { usageOf } from './process-usage.ts'
import type { Results } from './results.ts'
import { withTopic } from './topics.ts'
import { verify } from './verify.ts'

export const CONNECTIONS = 64
const PRODUCE_VERSION = 9
const WARM_UP_MS = 1000

/** Many clients that each wait for their record to be acknowledged before they send the next. */
export const connections = async (broker: BrokerUnderTest, options: Options, results: Results): Promise<void> =>
  withTopic(broker, 1, async (topic) => {
    const request = encodedRequest(produce, PRODUCE_VERSION, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 30_000 },
      topicData: [{ name: topic, partitionData: [{ index: 0, records: [oneRecord()] }] }],
    })
    const open = await Promise.all(Array.from({ length: CONNECTIONS }, () => LoadConnection.to(broker)))
    let acknowledged = 0
    let running = true
    const work = open.map(async (connection) => {
      const own = Buffer.from(request)
      while (running) {
        checkAnswer(await connection.send(own))
        acknowledged++
      }
    })
    await pause(WARM_UP_MS)
    const [rate, used] = await usageOf(broker.pid, async () => {
      const [startedAt, startedWith] = [performance.now(), acknowledged]
      await pause(options.seconds * 1000)
      return ((acknowledged - startedWith) / (performance.now() - startedAt)) * 1000
    })
    running = false
    await Promise.all(work)
    for (const connection of open) connection.close()
    await verify(broker, topic, 1, acknowledged)
    const cpu = (used.cpuSeconds / (rate * options.seconds)) * 1e6
    results.add('64 connections, one record each', broker.name, { rate, cpu, peakMb: used.peakMb })
  })

const oneRecord = (): Buffer => testBatch({ values: [Buffer.alloc(100, 'x')], timestamps: [Date.now()] })

const checkAnswer = (frame: Buffer): void => {
  const reader = new Reader(frame)
  readResponseHeader(reader, produce as never, PRODUCE_VERSION)
  const answer = produce.readResponse(reader, PRODUCE_VERSION).responses[0]?.partitionResponses[0]
  if (answer?.errorCode !== ErrorCode.NONE) throw new Error(`producing failed with error ${answer?.errorCode}`)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
