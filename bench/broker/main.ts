import { cpus, totalmem } from 'node:os'
import { isKafkaRunning, startKafka } from './apache-kafka.ts'
import { judge } from './bars.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { startBundled } from './bundled-broker.ts'
import { otherClients } from './clients.ts'
import { connections } from './connections.ts'
import { fullSpeed } from './full-speed.ts'
import { idle } from './idle.ts'
import { KafkaTools } from './kafka-tools.ts'
import { latency } from './latency.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { Results } from './results.ts'
import { share } from './share.ts'
import { startUp } from './start-up.ts'

/**
 * `npm run bench:broker`: the bundled broker and Apache Kafka side by side, each row on one and then on the other, so
 * that a machine that gets slower gets slower for both. What it prints last are ratios against the bars.
 */
const measure = async (options: Options): Promise<Results> => {
  const results = new Results()
  const tools = options.kafkaTools === undefined ? undefined : new KafkaTools(options.kafkaTools)
  if (options.rows.has('start')) await startUp(results)
  if (options.rows.has('idle')) await idle(results)
  const found = tools !== undefined && (await isKafkaRunning())
  if (found) console.log('An Apache Kafka is running: it is used as it is, so there are no rows with --fsync.')
  const kafka = tools === undefined ? undefined : await startKafka(options.kafkaTools!, { fsync: false })
  const bundled = await startBundled()
  try {
    const brokers = kafka === undefined ? [bundled] : [bundled, kafka]
    for (let round = 0; round < options.rounds; round++) await rows(brokers, tools, options, results)
  } finally {
    await bundled.stop()
    await kafka?.stop()
  }
  if (tools !== undefined && !found) await withFsync(tools, options, results)
  return results
}

const rows = async (
  brokers: readonly BrokerUnderTest[],
  tools: KafkaTools | undefined,
  options: Options,
  results: Results,
): Promise<void> => {
  const { rows } = options
  if (tools !== undefined && (rows.has('produce') || rows.has('consume'))) {
    await fullSpeed(brokers, tools, options, results)
  }
  for (const broker of brokers) {
    if (rows.has('connections')) await connections(broker, options, results)
    if (rows.has('latency') && broker.name !== 'kafka-fsync') await latency(broker, tools, options, results)
    if (rows.has('share') && broker.name !== 'kafka-fsync') await share(broker, options, results)
    if (rows.has('clients')) await otherClients(broker, options, results)
  }
}

/** Rows whose bar is an Apache Kafka that syncs before it answers, as the bundled broker does. */
const withFsync = async (tools: KafkaTools, options: Options, results: Results): Promise<void> => {
  const wanted = ['produce', 'connections', 'clients'].some((row) => options.rows.has(row as never))
  if (!wanted) return
  const kafka = await startKafka(options.kafkaTools!, { fsync: true })
  try {
    for (let round = 0; round < options.rounds; round++) await rows([kafka], tools, options, results)
  } finally {
    await kafka.stop()
  }
}

const options = (() => {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exit(1)
  }
})()
console.log(`${cpus().length} × ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`)
if (options.kafkaTools === undefined) {
  console.log(
    'There is no Apache Kafka here (--kafka-tools PATH says where): the bundled broker is measured alone, and',
  )
  console.log("only by clients that need no Java. Left out: produce, consume, EndToEndLatency and everything's ratio.")
}
judge(await measure(options))
