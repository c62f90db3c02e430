import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  alterClientQuotas,
  apiVersions,
  createTopics,
  describeGroups,
  encodeRequest,
  fetch,
  metadata,
  produce,
} from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { batch } from './batch.ts'
import { ProtocolClient } from './protocol-client.ts'

/**
 * What clients may do to this broker without doing anything to others; another Kafka has other limits.
 */
const MIB = 1024 * 1024
const MAX_RSS_BYTES = 450 * MIB
const MAX_IDLE_MS = 12_000

let broker: BrokerProcess
let topicId: string
beforeAll(async () => {
  broker = await startBroker({ settings: { 'connections.max.idle.ms': MAX_IDLE_MS } })
  const client = await ProtocolClient.connect(broker.brokers)
  const topic = { name: 'limits', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  topicId = (await client.send(createTopics, 7, { topics: [topic] })).topics[0]!.topicId
  client.close()
})
afterAll(() => broker?.close())

const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await expect.poll(() => metric('broker_connections'), { timeout: 20_000 }).toBe(0)
})

async function socket(): Promise<Socket> {
  const made = connect(broker.port, '127.0.0.1')
  made.on('error', () => {})
  sockets.push(made)
  await once(made, 'connect')
  return made
}

async function metric(name: string): Promise<number> {
  const text = await (await globalThis.fetch(`http://127.0.0.1:${broker.httpPort}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'm').exec(text)?.[1])
}

/** The most memory that the broker's process has while this goes on. */
async function peakOf(work: Promise<unknown>): Promise<number> {
  let peak = 0
  let isOver = false
  const over = work.finally(() => {
    isOver = true
  })
  while (!isOver) {
    peak = Math.max(peak, await metric('process_resident_memory_bytes'))
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 100))])
  }
  await over
  return peak
}

/** Somebody who minds their own business: writes and reads a record, again and again. */
async function isServed(times: number): Promise<void> {
  const client = await ProtocolClient.connect(broker.brokers)
  for (let i = 0; i < times; i++) {
    const topicData = [{ name: 'limits', partitionData: [{ index: 0, records: [batch()] }] }]
    const { responses } = await client.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    expect(errorCode).toBe(0)
    const partitions = [{ partition: 0, fetchOffset: baseOffset, partitionMaxBytes: MIB }]
    const read = await client.send(fetch, 13, { maxWaitMs: 500, minBytes: 1, topics: [{ topicId, partitions }] })
    expect(read.responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(0)
  }
  client.close()
}

function beginningOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes)
  return length
}

const isClosed = (candidate: Socket): boolean => candidate.destroyed || candidate.readableEnded

test('300 connections that each begin a frame of 90 MB', async () => {
  const piece = Buffer.alloc(MIB)
  const attack = async () => {
    const attackers = await Promise.all(Array.from({ length: 300 }, socket))
    for (const attacker of attackers) {
      attacker.write(beginningOf(90_000_000))
      for (let sent = 0; sent < 4; sent++) attacker.write(piece)
    }
    await isServed(50)
    // Who holds memory and sends no more is thrown out when others need it; all are, in the end.
    await expect.poll(() => attackers.filter(isClosed).length, { timeout: 50_000, interval: 200 }).toBeGreaterThan(0)
    await isServed(50)
  }
  expect(await peakOf(attack())).toBeLessThan(MAX_RSS_BYTES)
})

test('a large request is taken although others hold memory', async () => {
  const attackers = await Promise.all(Array.from({ length: 100 }, socket))
  const piece = Buffer.alloc(MIB)
  for (const attacker of attackers) attacker.write(Buffer.concat([beginningOf(90_000_000), piece]))
  const client = await ProtocolClient.connect(broker.brokers)
  const groups = Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(10_000, 'x'))
  expect((await client.send(describeGroups, 4, { groups })).groups).toHaveLength(200)
  client.close()
}, 90_000)

test('consumers that never read their answers are bounded, and closed', async () => {
  const writer = await ProtocolClient.connect(broker.brokers)
  const records = batch(['x'.repeat(900_000)])
  for (let i = 0; i < 40; i++) {
    const topicData = [{ name: 'limits', partitionData: [{ index: 0, records: [Buffer.from(records)] }] }]
    await writer.send(produce, 9, { acks: -1, timeoutMs: 5000, topicData })
  }
  writer.close()
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 50 * MIB }]
  const body = { maxWaitMs: 500, minBytes: 1, maxBytes: 50 * MIB, topics: [{ topicId, partitions }] }
  const request = Buffer.concat(encodeRequest(fetch, 13, { correlationId: 1, clientId: 'deaf' }, body))
  const attack = async () => {
    const deaf = await Promise.all(Array.from({ length: 200 }, socket))
    for (const one of deaf) {
      one.pause()
      one.write(Buffer.concat(Array.from({ length: 10 }, () => request)))
    }
    await isServed(50)
    await expect.poll(() => metric('broker_connections'), { timeout: 50_000, interval: 200 }).toBe(0)
  }
  expect(await peakOf(attack())).toBeLessThan(MAX_RSS_BYTES)
}, 90_000)

test('frames that announce nonsense cost their connection at once', async () => {
  const nonsense = [Buffer.from('GET / HTTP/1.1\r\n\r\n'), beginningOf(-1), beginningOf(0), beginningOf(2 ** 31 - 1)]
  for (const bytes of nonsense) {
    const one = await socket()
    one.write(bytes)
    await once(one, 'close')
  }
  await isServed(1)
})

test('an array that announces more than its frame holds is not allocated', async () => {
  const header = { correlationId: 1, clientId: 'liar' }
  const frame = Buffer.concat(encodeRequest(metadata, 1, header, { topics: [], allowAutoTopicCreation: false }))
  frame.writeInt32BE(2 ** 31 - 1, frame.length - 4)
  const one = await socket()
  one.write(frame)
  await once(one, 'close')
  // So many that the objects would weigh more than anybody should be allowed to ask for.
  const many = Buffer.alloc(4 + frame.length - 4 + 40_000_000)
  frame.copy(many)
  many.writeInt32BE(many.length - 4)
  many.writeInt32BE(20_000_000, frame.length - 4)
  const two = await socket()
  const gone = once(two, 'close')
  two.write(many)
  await gone
  await isServed(1)
}, 60_000)

test('half a frame is waited for, but not for ever', async () => {
  const one = await socket()
  const frame = Buffer.concat(encodeRequest(metadata, 1, { correlationId: 1, clientId: 'slow' }, { topics: null }))
  one.write(frame.subarray(0, 10))
  await isServed(1)
  one.write(frame.subarray(10))
  await once(one, 'data')
  const two = await socket()
  two.write(frame.subarray(0, 10))
  // A byte now and then does not help: the frame has to arrive.
  const trickle = setInterval(() => two.write(Buffer.alloc(0)), 1000)
  await once(two, 'close')
  clearInterval(trickle)
}, 60_000)

test('[42] a connection on which nothing happens is closed', async () => {
  const one = await socket()
  await once(one, 'close')
}, 60_000)

test('thousands of connections come and go', async () => {
  const asking = Buffer.concat(encodeRequest(apiVersions, 0, { correlationId: 1, clientId: 'x' }, {} as never))
  for (let round = 0; round < 20; round++) {
    const some = await Promise.all(Array.from({ length: 150 }, socket))
    for (const [i, one] of some.entries()) {
      if (i % 3 === 0) one.write(asking)
      if (i % 3 === 1) one.write(beginningOf(1000))
      one.destroy()
    }
    sockets.length = 0
  }
  await isServed(5)
  await expect.poll(() => metric('broker_connections')).toBe(0)
})

const answerOf = (client: ProtocolClient) =>
  client.send(apiVersions, 0, {} as never).then(
    () => 'served',
    () => 'closed',
  )

test('who comes beyond max.connections waits for one to go, and is served then', async () => {
  const small = await startBroker({ settings: { 'max.connections': 2 } })
  try {
    const [first, second] = await Promise.all([1, 2].map(() => ProtocolClient.connect(small.brokers)))
    expect(await answerOf(second!)).toBe('served')
    const third = await ProtocolClient.connect(small.brokers)
    const answer = answerOf(third)
    expect(await answerOf(second!)).toBe('served')
    first!.close()
    expect(await answer).toBe('served')
  } finally {
    await small.close()
  }
})

test('who comes faster than the quota of the address is left waiting, and closed', async () => {
  const small = await startBroker({ settings: { 'quota.window.num': 2 } })
  try {
    const admin = await ProtocolClient.connect(small.brokers)
    const ops = [{ key: 'connection_creation_rate', value: 1, remove: false }]
    const entries = [{ entity: [{ entityType: 'ip', entityName: null }], ops }]
    const altered = await admin.send(alterClientQuotas, 1, { entries, validateOnly: false })
    expect(altered.entries[0]!.errorCode).toBe(0)
    // So many cannot come one a second, however slow the machine is.
    const clients = await Promise.all(Array.from({ length: 20 }, () => ProtocolClient.connect(small.brokers)))
    const answers = await Promise.all(clients.map(answerOf))
    expect(new Set(answers)).toEqual(new Set(['served', 'closed']))
    expect(await answerOf(admin)).toBe('served')
  } finally {
    await small.close()
  }
})

test('one connection too many from an address is closed at once', async () => {
  const small = await startBroker({ settings: { 'max.connections.per.ip': 5 } })
  try {
    const first = await Promise.all(Array.from({ length: 5 }, () => ProtocolClient.connect(small.brokers)))
    const sixth = await ProtocolClient.connect(small.brokers)
    await sixth.closed
    first[0]!.close()
    await first[0]!.closed
    const next = async () => answerOf(await ProtocolClient.connect(small.brokers))
    await expect.poll(next).toBe('served')
  } finally {
    await small.close()
  }
})
