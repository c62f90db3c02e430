import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { streamTopics, writeShopEvent } from '#libs/contracts'
import { ensureTopics, type KafkaOptions, kafkaClient, StreamProducer, topicOffsets } from '#libs/messaging'
import { generate, readShop, runTraffic, type Shop, type TrafficOptions, trafficOptions } from '#libs/traffic'
import { ROOT } from './root.ts'

const USAGE = `npm run traffic -- [options]: events of a shop's visitors, the same for the same seed and start

  --rate 1000          events a second                --seconds 60
  --seed 1             what is drawn                  --start 2026-11-25T00:00:00Z  event time of the first; default now
  --skew 1             how uneven products sell       --products N     make up others beside those of data/products.json
  --late 0.01          the part that is late          --late-seconds 60    by so much at most
  --duplicates 0       the part that is sent twice    --visitors 5000  at a time
  --brokers HOST:PORT  default KAFKA_BROKERS or localhost:9092
  --acks 1             0: nobody says what arrives; what did not is counted at the end
  --flat-out           as fast as they are taken, and not at that rate
  --to FILE            writes the events to a file as NDJSON instead, in the order in which they would have been sent`

const text = { type: 'string' } as const
const flags = {
  ...{ rate: text, seconds: text, seed: text, start: text, skew: text, late: text, 'late-seconds': text },
  ...{ duplicates: text, visitors: text, products: text, brokers: text, acks: text, to: text },
  'flat-out': { type: 'boolean' },
  help: { type: 'boolean' },
} as const

const TOPIC = 'shop-events'

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: flags })
  if (values.help) return console.log(USAGE)
  const numbers = Object.fromEntries(
    (['rate', 'seconds', 'seed', 'skew', 'late', 'duplicates', 'visitors'] as const).flatMap((name) =>
      values[name] === undefined ? [] : [[name, Number(values[name])]],
    ),
  )
  const options = trafficOptions.parse({
    ...numbers,
    start: values.start === undefined ? Date.now() : Date.parse(values.start),
    ...(values['late-seconds'] && { lateSeconds: Number(values['late-seconds']) }),
  })
  const files = { products: join(ROOT, 'data/products.json'), customers: join(ROOT, 'data/customers.json') }
  const shop = await readShop(
    files,
    z.coerce
      .number()
      .int()
      .max(1_000_000)
      .parse(values.products ?? 0),
  )
  if (values.to !== undefined) return write(options, shop, values.to)
  await send(options, shop, {
    brokers: (values.brokers ?? process.env.KAFKA_BROKERS ?? 'localhost:9092').split(','),
    acks: values.acks === '0' ? 0 : 1,
    paced: values['flat-out'] !== true,
  })
}

const write = async (options: TrafficOptions, shop: Shop, file: string): Promise<void> => {
  let count = 0
  const lines = function* () {
    let chunk = ''
    for (const { event } of generate(options, shop)) {
      count++
      chunk += `${writeShopEvent(event)}\n`
      if (chunk.length < 64 * 1024) continue
      yield chunk
      chunk = ''
    }
    yield chunk
  }
  await pipeline(lines, createWriteStream(file))
  console.log(`${count} events from ${new Date(options.start).toISOString()} on in ${file}`)
}

interface Sending {
  readonly brokers: readonly string[]
  readonly acks: 0 | 1
  readonly paced: boolean
}

const send = async (options: TrafficOptions, shop: Shop, { brokers, acks, paced }: Sending): Promise<void> => {
  const kafka = { brokers, clientId: 'traffic' }
  await ensureTopic(kafka)
  const before = await endsOf(kafka)
  const producer = await StreamProducer.open({ ...kafka, topic: TOPIC, acks, compression: 'snappy' })
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  console.log(
    `sends ${options.rate} events a second for ${options.seconds} s, the first of ${new Date(options.start).toISOString()}`,
  )
  const sink = {
    take: (key: string, value: string) => producer.offer(key, value) !== undefined,
    untilRoom: () => producer.untilRoom(),
  }
  let told = 0
  const began = process.cpuUsage()
  const { sent, late, duplicates, elapsedMs } = await runTraffic(options, shop, sink, {
    ...{ paced, signal: stop.signal },
    onProgress: ({ sent, elapsedMs, behindMs }) => {
      if (elapsedMs - told < 5_000) return
      told = elapsedMs
      console.log(
        `${seconds(elapsedMs)}: ${sent} sent, ${producer.counts.acknowledged} there, ${seconds(behindMs)} behind`,
      )
    },
  })
  await producer.flush()
  const { user, system } = process.cpuUsage(began)
  const { acknowledged, failed, bytes } = producer.counts
  const there = (await endsOf(kafka)) - before
  producer.close()
  console.log(`${sent} events in ${seconds(elapsedMs)}, ${late} of them late, ${duplicates} twice
${acknowledged} ${acks === 0 ? 'left' : 'acknowledged'}, ${failed} given up; the topic has ${there} more than before: ${
    there < sent ? `${sent - there} lost` : there > sent ? `${there - sent} stored twice, or sent by others` : 'all'
  }
${(bytes / Math.max(1, acknowledged)).toFixed(1)} bytes per event on the wire, ${((user + system) / Math.max(1, sent)).toFixed(1)} µs of processor time per event here`)
}

const ensureTopic = async (kafka: KafkaOptions): Promise<void> => {
  const admin = kafkaClient(kafka, 'briefly').admin()
  await admin.connect()
  try {
    await ensureTopics(admin, kafka.brokers.length, { [TOPIC]: streamTopics[TOPIC] })
  } finally {
    await admin.disconnect()
  }
}

/** How many records there ever were; the broker may be away for half a minute. */
const endsOf = async (kafka: KafkaOptions): Promise<number> => {
  for (let tries = 0; ; tries++) {
    const offsets = await topicOffsets(kafka, [TOPIC]).catch(() => undefined)
    const partitions = offsets?.get(TOPIC)
    if (partitions !== undefined) return partitions.reduce((sum, { latest }) => sum + latest, 0)
    if (tries >= 30) throw new Error('the broker does not say how much there is in the topic')
    await delay(1_000)
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

try {
  await main()
} catch (error) {
  console.error(
    `traffic: ${error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message}\n\n${USAGE}`,
  )
  process.exit(1)
}
