import { ErrorCode, metadata, produce, Reader, readResponseHeader, ZERO_UUID } from '#libs/kafka-protocol'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { startBundled } from './bundled-broker.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'
import { residentMb } from './process-usage.ts'
import type { Results } from './results.ts'

const STARTS = 7
const PRODUCE_VERSION = 9
const METADATA_VERSION = 9
/** Long enough for what a start leaves behind to be collected. */
const SETTLE_MS = 5000

/** From the launch of the process, on an empty directory, to the first durable record on a topic made by asking for it. */
export const startUp = async (results: Results): Promise<void> => {
  for (let start = 0; start < STARTS; start++) {
    const began = performance.now()
    const broker = await startBundled()
    await produceOne(broker)
    results.add('start to first record', 'bundled', { ms: performance.now() - began })
    if (start === STARTS - 1) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      results.add('resident at rest', 'bundled', { mb: residentMb(broker.pid) })
    }
    await broker.stop()
  }
}

const produceOne = async (broker: BrokerUnderTest): Promise<void> => {
  const connection = await LoadConnection.to(broker)
  const topic = 'first'
  const topics = [{ name: topic, topicId: ZERO_UUID }]
  await connection.send(encodedRequest(metadata, METADATA_VERSION, { topics, allowAutoTopicCreation: true }))
  const records = [testBatch({ values: [Buffer.alloc(100, 'x')], timestamps: [Date.now()] })]
  const frame = await connection.send(
    encodedRequest(produce, PRODUCE_VERSION, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 30_000 },
      topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
    }),
  )
  const reader = new Reader(frame)
  readResponseHeader(reader, produce as never, PRODUCE_VERSION)
  const answer = produce.readResponse(reader, PRODUCE_VERSION).responses[0]?.partitionResponses[0]
  if (answer?.errorCode !== ErrorCode.NONE) throw new Error(`producing failed with error ${answer?.errorCode}`)
  connection.close()
}
