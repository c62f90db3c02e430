import { addressOf, type BrokerUnderTest } from './broker-under-test.ts'
import type { KafkaTools } from './kafka-tools.ts'
import type { Options } from './options.ts'
import { usageOf } from './process-usage.ts'
import type { Results } from './results.ts'
import { withTopic } from './topics.ts'
import { verify } from './verify.ts'

/** A quarter of the records of 100 bytes is still two and a half times the bytes. */
const RECORDS_OF_1_KIB = 0.25

/** Kafka's producer, and then its consumer, as fast as they can, for each size, number of partitions and `acks`. */
export const fullSpeed = async (
  brokers: readonly BrokerUnderTest[],
  tools: KafkaTools,
  options: Options,
  results: Results,
): Promise<void> => {
  for (const broker of brokers) await withTopic(broker, 1, (topic) => warmUp(tools, broker, topic, options.records))
  for (const size of options.sizes) {
    for (const partitions of options.partitions) {
      const records = Math.round(options.records * (size < 1024 ? 1 : RECORDS_OF_1_KIB))
      for (const acks of ['1', 'all'] as const) {
        for (const broker of brokers) {
          if (acks === '1' && broker.name === 'kafka-fsync') continue
          const run: Run = { tools, results, options, broker, size, partitions, records, acks }
          await withTopic(broker, partitions, (topic) => produceAndConsume(run, topic))
        }
      }
    }
  }
}

/** Not counted: both brokers compile their code as it gets hot, and so begin slowly. */
const warmUp = async (tools: KafkaTools, broker: BrokerUnderTest, topic: string, records: number): Promise<void> => {
  const brokers = addressOf(broker)
  await tools.produce({ brokers, topic, records, size: 100, acks: 'all' })
  await tools.consume(brokers, topic, records)
}

interface Run {
  readonly tools: KafkaTools
  readonly results: Results
  readonly options: Options
  readonly broker: BrokerUnderTest
  readonly size: number
  readonly partitions: number
  readonly records: number
  readonly acks: '1' | 'all'
}

const produceAndConsume = async (run: Run, topic: string): Promise<void> => {
  const { tools, results, options, broker, size, partitions, records, acks } = run
  const brokers = addressOf(broker)
  const what = `${size} B × ${partitions}`
  const [{ rate }, used] = await usageOf(broker.pid, () => tools.produce({ brokers, topic, records, size, acks }))
  if (options.rows.has('produce')) {
    results.add(`produce acks=${acks} ${what}`, broker.name, { rate, ...perMillion(used, records) })
  }
  await verify(broker, topic, partitions, records)
  // What was produced with either setting is the same to a consumer.
  if (acks === '1' && options.rows.has('consume')) {
    const [read, used] = await usageOf(broker.pid, () => tools.consume(brokers, topic, records))
    if (read.records < records) throw new Error(`${broker.name}: ${read.records} of ${records} consumed`)
    results.add(`consume ${what}`, broker.name, { rate: read.rate, ...perMillion(used, records) })
  }
}

const perMillion = ({ cpuSeconds, peakMb }: { cpuSeconds: number; peakMb: number }, records: number) => ({
  cpu: (cpuSeconds / records) * 1e6,
  peakMb,
})
