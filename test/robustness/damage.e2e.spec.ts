import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTopics, ErrorCode, initProducerId, metadata, produce } from '#libs/kafka-protocol'
import { type BrokerProcess, runBroker, startBroker } from '#libs/testing'
import { batch, NOBODY } from '../conformance/batch.ts'
import { ProtocolClient } from '../conformance/protocol-client.ts'
import { readPartition } from './reader.ts'

const APPENDS = 30

let broker: BrokerProcess
let client: ProtocolClient

beforeEach(async () => {
  broker = await startBroker({ settings: { 'log.segment.bytes': 1000 } })
  client = await ProtocolClient.connect(broker.brokers)
})

afterEach(async () => {
  client.close()
  await broker.close()
})

async function create(name: string): Promise<void> {
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  const { topics } = await client.send(createTopics, 5, { topics: [topic], timeoutMs: 5000 })
  expect(topics[0]!.errorCode).toBe(ErrorCode.NONE)
}

async function append(value: string): Promise<number> {
  const topicData = [{ name: 't', partitionData: [{ index: 0, records: [batch([value])] }] }]
  const { responses } = await client.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
  const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
  expect(errorCode).toBe(ErrorCode.NONE)
  return baseOffset
}

async function newProducerId(): Promise<number> {
  const request = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
  return (await client.send(initProducerId, 4, request)).producerId
}

function flipIn(file: string, text: string): void {
  const bytes = readFileSync(join(broker.dataDir, file))
  const at = bytes.lastIndexOf(text)
  expect(at).toBeGreaterThan(0)
  bytes[at]! ^= 1
  writeFileSync(join(broker.dataDir, file), bytes)
}

/** What the broker says in place of starting, however often it is asked. */
async function refusal(): Promise<string> {
  const first = String(await broker.restart().catch((error: unknown) => error))
  expect(String(await broker.restart().catch((error: unknown) => error))).toBe(first)
  expect(first).toContain('--repair')
  return first
}

async function repair(): Promise<string> {
  const { code, output } = await runBroker(['--data-dir', broker.dataDir, '--repair'])
  expect(output).toContain('the broker can be started')
  expect(code).toBe(0)
  await broker.restart()
  client.close()
  client = await ProtocolClient.connect(broker.brokers)
  return output
}

test.each(['killed', 'stopped'] as const)(
  'a bit of the metadata flips after the broker was %s: it refuses to start, says what is lost, and repairs',
  async (how) => {
    for (const name of ['first', 'second', 'third']) await create(name)
    client.close()
    await (how === 'killed' ? broker.kill9() : broker.stop())
    flipIn('metadata.journal', 'second')
    expect(await refusal()).toMatch(
      /metadata\.journal is damaged at byte \d+\. Lost are \d+ bytes.*1 entries behind it/,
    )
    expect(await repair()).toContain('metadata.journal.damaged')
    const { topics } = await client.send(metadata, 9, { topics: null, allowAutoTopicCreation: false })
    const own = topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name)
    expect(own.sort()).toEqual(['first', 'third'])
  },
)

test('a bit in the middle of a log flips after the broker was killed: it refuses, and a repair loses that batch alone', async () => {
  await create('t')
  for (let index = 0; index < APPENDS; index++) await append(`value ${index}.`)
  client.close()
  await broker.kill9()
  const directory = 'logs/t-0'
  const segments = readdirSync(join(broker.dataDir, directory)).filter((name) => name.endsWith('.log'))
  const damaged = segments.find((name) =>
    readFileSync(join(broker.dataDir, directory, name)).includes(`value ${APPENDS / 2}.`),
  )!
  flipIn(join(directory, damaged), `value ${APPENDS / 2}.`)
  const lost = `records from offset ${APPENDS / 2} up to offset ${APPENDS / 2 + 1};`
  expect(await refusal()).toContain(lost)
  expect(await repair()).toContain(lost)
  const left = await readPartition(broker.brokers, 't', 0)
  expect(left.map(({ offset }) => offset)).toEqual(
    Array.from({ length: APPENDS }, (_, offset) => offset).filter((offset) => offset !== APPENDS / 2),
  )
  expect(await append('next')).toBe(APPENDS)
})

test('a lost reservation of producer ids gives no id to two producers', async () => {
  await create('t')
  const producerId = await newProducerId()
  const topicData = [
    {
      name: 't',
      partitionData: [{ index: 0, records: [batch(['v'], { ...NOBODY, producerId, epoch: 0, sequence: 0 })] }],
    },
  ]
  await client.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
  await create('behind')
  client.close()
  await broker.kill9()
  flipIn('metadata.journal', 'ProducerIdsReserved')
  await refusal()
  await repair()
  expect(await newProducerId()).toBeGreaterThan(producerId)
})
