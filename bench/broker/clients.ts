import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Kafka } from 'kafkajs'
import { kafkaOf } from '../../test/support/topic.ts'
import { addressOf, type BrokerUnderTest } from './broker-under-test.ts'
import type { Options } from './options.ts'
import { usageOf } from './process-usage.ts'
import type { Results } from './results.ts'
import { withTopic } from './topics.ts'
import { verify } from './verify.ts'

const SIZE = 100
const SEND_AT_ONCE = 1000
const SENDS_IN_FLIGHT = 4
const KCAT = process.env.KCAT ?? 'kcat'

/** kafkajs, and librdkafka as kcat when that is installed: 100 bytes, one partition, `acks=all`. */
export const otherClients = async (broker: BrokerUnderTest, options: Options, results: Results): Promise<void> => {
  const records = Math.ceil(options.records / 5 / SEND_AT_ONCE) * SEND_AT_ONCE
  await measure(broker, results, 'kafkajs', records, kafkajsProduce, kafkajsConsume)
  // It reads 400,000 records in 150 ms, of which its start would be the larger part.
  if (await isInstalled(KCAT)) await measure(broker, results, 'kcat', records * 5, kcatProduce, kcatConsume)
  else console.log(`  there is no ${KCAT}: librdkafka is not measured`)
}

type Work = (broker: BrokerUnderTest, topic: string, records: number) => Promise<void>

const measure = (
  broker: BrokerUnderTest,
  results: Results,
  client: string,
  records: number,
  produce: Work,
  consume: Work,
): Promise<void> =>
  withTopic(broker, 1, async (topic) => {
    for (const [verb, work] of [['produce', produce] as const, ['consume', consume] as const]) {
      const began = performance.now()
      const [, used] = await usageOf(broker.pid, () => work(broker, topic, records))
      const rate = (records / (performance.now() - began)) * 1000
      const cpu = (used.cpuSeconds / records) * 1e6
      results.add(`${client} ${verb} ${SIZE} B × 1`, broker.name, { rate, cpu, peakMb: used.peakMb })
      if (verb === 'produce') await verify(broker, topic, 1, records)
    }
  })

const kafkaFor = (broker: BrokerUnderTest): Kafka => kafkaOf([addressOf(broker)])

/** One after the other for each of the senders, so a topic's order is not what is checked here but its count. */
const kafkajsProduce: Work = async (broker, topic, records) => {
  const producer = kafkaFor(broker).producer({ idempotent: true, maxInFlightRequests: SENDS_IN_FLIGHT })
  await producer.connect()
  const messages = Array.from({ length: SEND_AT_ONCE }, () => ({ value: Buffer.alloc(SIZE, 'x') }))
  for (let sent = 0; sent < records; sent += SEND_AT_ONCE) await producer.send({ topic, messages, acks: -1 })
  await producer.disconnect()
}

const kafkajsConsume: Work = async (broker, topic, records) => {
  const consumer = kafkaFor(broker).consumer({ groupId: `bench-${randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let seen = 0
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: readonly unknown[] } }) => {
      seen += batch.messages.length
      if (seen >= records) resolve()
    }
    consumer.run({ eachBatch }).catch(reject)
  })
  await consumer.disconnect()
}

const kcatProduce: Work = async (broker, topic, records) => {
  const child = spawn(KCAT, ['-P', '-b', addressOf(broker), '-t', topic, '-p', '0', '-X', 'acks=all'], {
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  const lines = `${'x'.repeat(SIZE)}\n`.repeat(SEND_AT_ONCE)
  for (let sent = 0; sent < records; sent += SEND_AT_ONCE) {
    if (!child.stdin.write(lines)) await once(child.stdin, 'drain')
  }
  child.stdin.end()
  await succeeded(ended)
}

/**
 * Before 2.2 librdkafka does not fetch for up to a second once 100,000 records wait for the application, and so measures
 * how rarely that happens, which is more often the faster the broker answers: it may let all of them wait.
 */
const NEVER_PAUSES = 'queued.min.messages=10000000'

const kcatConsume: Work = async (broker, topic, records) => {
  const from = ['-C', '-b', addressOf(broker), '-t', topic, '-o', 'beginning', '-c', String(records), '-q']
  const args = [...from, '-X', NEVER_PAUSES, '-X', 'queued.max.messages.kbytes=2097151']
  await succeeded(once(spawn(KCAT, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit'))
}

const succeeded = async (ended: Promise<unknown[]>): Promise<void> => {
  const [code] = await ended
  if (code !== 0) throw new Error(`${KCAT} ended with ${code}`)
}

const isInstalled = (program: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(program, ['-V'], { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
