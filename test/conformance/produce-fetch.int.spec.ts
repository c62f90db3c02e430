import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  apiVersions,
  crc32c,
  ErrorCode,
  fetch,
  initProducerId,
  metadata,
  produce,
  type Reader,
} from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { ProtocolClient } from './protocol-client.ts'

let own: BrokerProcess | undefined
let brokers: string
let client: ProtocolClient

beforeAll(async () => {
  own = process.env.KAFKA_BROKERS === undefined ? await startBroker() : undefined
  brokers = own?.brokers ?? process.env.KAFKA_BROKERS!
  client = await ProtocolClient.connect(brokers)
})
afterAll(async () => {
  client?.close()
  await own?.close()
})

let names = 0
/** A topic of one partition, made by asking for it. */
async function topic(): Promise<{ name: string; topicId: string }> {
  const name = `pf-${process.pid}-${Date.now()}-${names++}`
  const wanted = { topics: [{ name, topicId: '0'.repeat(32) }], allowAutoTopicCreation: true }
  const found = async () => (await client.send(metadata, 12, wanted)).topics[0]!
  await expect.poll(async () => (await found()).partitions[0]?.leaderId ?? -1).toBeGreaterThanOrEqual(0)
  return { name, topicId: (await found()).topicId }
}

interface Producer {
  readonly producerId: number
  readonly epoch: number
  readonly sequence: number
}
const NOBODY: Producer = { producerId: -1, epoch: -1, sequence: -1 }

/** A batch of one record with an empty key and value. */
function batch({ producerId, epoch, sequence }: Producer = NOBODY, now = Date.now()): Buffer {
  const record = Buffer.from([12, 0, 0, 0, 1, 1, 0])
  const bytes = Buffer.alloc(61 + record.length)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt8(2, 16)
  for (const at of [27, 35]) bytes.writeBigInt64BE(BigInt(now), at)
  bytes.writeBigInt64BE(BigInt(producerId), 43)
  bytes.writeInt16BE(epoch, 51)
  bytes.writeInt32BE(sequence, 53)
  bytes.writeInt32BE(1, 57)
  record.copy(bytes, 61)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

async function append(name: string, records: Buffer, acks = -1) {
  const partitionData = [{ index: 0, records: [records] }]
  const answer = await client.send(produce, 9, { acks, timeoutMs: 5000, topicData: [{ name, partitionData }] })
  return answer.responses[0]!.partitionResponses[0]!
}

function fetchOf(topicId: string, fetchOffset: number, maxWaitMs: number) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }]
  return { maxWaitMs, minBytes: 1, topics: [{ topicId, partitions }] }
}

describe('ApiVersions', () => {
  test('an unknown version is answered in version 0 with the range of that API', async () => {
    const raw = await ProtocolClient.connect(brokers)
    const ofTheFuture: typeof apiVersions = Object.assign(Object.create(apiVersions), {
      writeRequest: () => {},
      readResponse: (reader: Reader) => apiVersions.readResponse(reader, 0),
    })
    const answer = await raw.send(ofTheFuture, 99, {})
    expect(answer.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
    expect(answer.apiKeys).toEqual([expect.objectContaining({ apiKey: 18, minVersion: 0 })])
    raw.close()
  })
})

describe('Produce', () => {
  test('a batch whose checksum is wrong is refused', async () => {
    const { name } = await topic()
    const damaged = batch()
    damaged[60]! ^= 1
    expect((await append(name, damaged)).errorCode).toBe(ErrorCode.CORRUPT_MESSAGE)
  })

  test('a batch sent again is answered with its original offset and stored once', async () => {
    const { name } = await topic()
    const { producerId } = await client.send(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
    for (const sequence of [0, 1, 2]) await append(name, batch({ producerId, epoch: 0, sequence }))
    const again = await append(name, batch({ producerId, epoch: 0, sequence: 1 }))
    expect(again).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 1 })
    expect(await append(name, batch({ producerId, epoch: 0, sequence: 3 }))).toMatchObject({ baseOffset: 3 })
  })

  test('a gap in the sequence is refused', async () => {
    const { name } = await topic()
    const { producerId } = await client.send(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
    await append(name, batch({ producerId, epoch: 0, sequence: 0 }))
    const gap = await append(name, batch({ producerId, epoch: 0, sequence: 5 }))
    expect(gap.errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
  })

  test('acks that mean nothing are refused', async () => {
    const { name } = await topic()
    expect((await append(name, batch(), 7)).errorCode).toBe(ErrorCode.INVALID_REQUIRED_ACKS)
  })
})

describe('Fetch', () => {
  test('a fetch at the end waits, and is woken by the next record', async () => {
    const { name, topicId } = await topic()
    const fetcher = await ProtocolClient.connect(brokers)
    const parked = fetcher.send(fetch, 16, fetchOf(topicId, 0, 20_000))
    await append(name, batch())
    const [partition] = (await parked).responses[0]!.partitions
    expect(partition).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 1 })
    expect(partition!.records!.length).toBe(68)
    fetcher.close()
  })

  test('when nothing comes, the answer is empty', async () => {
    const { topicId } = await topic()
    const [partition] = (await client.send(fetch, 16, fetchOf(topicId, 0, 50))).responses[0]!.partitions
    expect(partition).toMatchObject({ errorCode: ErrorCode.NONE, highWatermark: 0 })
    expect(partition!.records?.length ?? 0).toBe(0)
  })

  test('an offset outside of the log and an unknown topic id are errors at once', async () => {
    const { topicId } = await topic()
    const [beyond] = (await client.send(fetch, 16, fetchOf(topicId, 99, 20_000))).responses[0]!.partitions
    expect(beyond!.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    const [unknown] = (await client.send(fetch, 16, fetchOf('ab'.repeat(16), 0, 20_000))).responses[0]!.partitions
    expect(unknown!.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })
})

test('answers come in the order of the requests, though later ones are done sooner', async () => {
  const { name, topicId } = await topic()
  const pipelined = await ProtocolClient.connect(brokers)
  const answers: string[] = []
  const note = (what: string) => () => void answers.push(what)
  await Promise.all([
    pipelined.send(fetch, 16, fetchOf(topicId, 0, 200)).then(note('fetch')),
    pipelined.send(metadata, 12, { topics: [] }).then(note('metadata')),
    pipelined
      .send(produce, 9, {
        acks: -1,
        timeoutMs: 1,
        topicData: [{ name, partitionData: [{ index: 0, records: [batch()] }] }],
      })
      .then(note('produce')),
  ])
  expect(answers).toEqual(['fetch', 'metadata', 'produce'])
  pipelined.close()
})
