import { Kafka, logLevel } from 'kafkajs'
import { afterEach, expect, test } from 'vitest'
import { kafkaPublisher, TopicReader, type TopicRecord } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { StreamProcessor, type Task, type Topology } from '#libs/stream-tasks'
import { kafkaUnderTest } from './kafka-under-test.ts'

configureLogging({ level: 'silent' })
const kafka = kafkaUnderTest()
const [FEW, MANY] = [10, 30]

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** Says what came, and how many came before it to this partition, by its state. */
class Counting implements Task {
  #count = 0
  #said: { value: string; before: number }[] = []
  readonly entries = 1

  constructor(
    private readonly partition: number,
    private readonly output: string,
  ) {}

  get pending(): number {
    return this.#said.length
  }

  process({ value }: TopicRecord): void {
    this.#said.push({ value: String(value), before: this.#count++ })
  }

  flush() {
    const outputs = this.#said.splice(0).map((said) => ({
      ...{ topic: this.output, partition: this.partition },
      record: { key: 'k', value: JSON.stringify(said), headers: {} },
    }))
    return { outputs, changelog: outputs.length === 0 ? [] : [{ key: 'count', value: String(this.#count) }] }
  }

  restore(_: string, value: Buffer | null): void {
    this.#count = Number(value)
  }
}

test(`a source that grows from ${FEW} to ${MANY} partitions while it is worked on: nothing is lost, nothing doubled`, async () => {
  const options = { brokers: kafka.brokers.split(','), clientId: 'test' }
  const source = await kafka.topic({ partitions: FEW })
  const changelog = await kafka.topic({ partitions: FEW, configs: { 'cleanup.policy': 'compact' } })
  const output = await kafka.topic({ partitions: MANY })
  const topology: Topology = {
    ...{ name: kafka.name('growing'), source: source.name, changelog: changelog.name },
    task: (partition) => new Counting(partition, output.name),
  }
  const processors = ['one', 'two'].map((instanceId) => {
    const processor = new StreamProcessor({ ...options, topology, instanceId, maxEntries: 1_000 })
    cleanUp.push(() => processor.stop())
    processor.start()
    return processor
  })
  const publisher = kafkaPublisher(options)
  cleanUp.push(() => publisher.close())
  let sent = 0
  const publish = (count: number, partitions: number) =>
    publisher.publish(
      Array.from({ length: count }, () => ({
        ...{ topic: source.name as never, partition: sent % partitions },
        record: { key: 'k', value: String(sent++), headers: {} },
      })),
    )
  const told = async () => {
    const reader = new TopicReader({ ...options, readCommitted: true })
    const found = await reader.read(
      Array.from({ length: MANY }, (_, partition) => ({ topic: output.name, partition, offset: 0 })),
      { maxBytes: 8 * 1024 * 1024 },
    )
    reader.close()
    return found.flatMap(({ partition, records }) =>
      records.map(({ value }) => ({ partition, ...(JSON.parse(String(value)) as { value: string; before: number }) })),
    )
  }

  await publish(300, FEW)
  await expect.poll(async () => (await told()).length, { timeout: 30_000 }).toBe(300)
  const admin = new Kafka({ ...options, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  cleanUp.push(() => admin.disconnect())
  // The state has a place for each partition before the partition is there.
  for (const { name } of [changelog, source])
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: MANY }] })
  await publish(100, FEW)
  await expect
    .poll(() => processors.reduce((sum, { partitions }) => sum + partitions.length, 0), { timeout: 30_000 })
    .toBe(MANY)
  await expect
    .poll(
      () =>
        publish(600, MANY).then(
          () => true,
          () => false,
        ),
      { timeout: 30_000, interval: 500 },
    )
    .toBe(true)
  await expect.poll(async () => (await told()).length, { timeout: 30_000 }).toBe(sent)

  const all = await told()
  expect(all.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, i) => i))
  expect(new Set(all.map(({ partition }) => partition)).size).toBe(MANY)
  for (const [, ofOne] of Map.groupBy(all, ({ partition }) => partition))
    expect(ofOne.map(({ before }) => before)).toEqual(ofOne.map((_, i) => i))
})
