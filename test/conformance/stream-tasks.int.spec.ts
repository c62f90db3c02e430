import { afterEach, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { kafkaPublisher, TopicReader, type TopicRecord } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import {
  type Guarantee,
  type Restored,
  StreamProcessor,
  type StreamProcessorOptions,
  type Task,
  type Topology,
} from '#libs/stream-tasks'
import { until } from '../support/until.ts'
import { kafkaUnderTest, type TestTopic } from './kafka-under-test.ts'
import { TransactionalProducer } from './transactional-producer.ts'

configureLogging({ level: 'silent' })

const kafka = kafkaUnderTest()
const PARTITIONS = 6

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** Adds the numbers up: tells what came, and keeps the sum, with which of its predecessor's it began. */
class Adding implements Task {
  #sum = 0
  #came: string[] = []
  readonly entries = 1

  constructor(
    private readonly partition: number,
    private readonly output: string,
  ) {}

  get pending(): number {
    return this.#came.length
  }

  process({ value }: TopicRecord): void {
    this.#sum += Number(value)
    this.#came.push(String(value))
  }

  flush() {
    if (this.#came.length === 0) return { outputs: [], changelog: [] }
    const value = JSON.stringify({ sum: this.#sum, came: this.#came.splice(0) })
    const record = { key: 'sum', value, headers: {} }
    return {
      outputs: [{ topic: this.output, partition: this.partition, record }],
      changelog: [{ key: 'sum', value: String(this.#sum) }],
    }
  }

  restore(key: string, value: Buffer | null): void {
    expect(key).toBe('sum')
    this.#sum = Number(value)
  }
}

const setUp = async () => {
  const source = await kafka.topic({ partitions: PARTITIONS })
  const changelog = await kafka.topic({ partitions: PARTITIONS, configs: { 'cleanup.policy': 'compact' } })
  const output = await kafka.topic({ partitions: PARTITIONS })
  const topology: Topology = {
    ...{ name: kafka.name('adding'), source: source.name, changelog: changelog.name },
    task: (partition) => new Adding(partition, output.name),
  }
  return { source, output, topology }
}

const options = () => ({ brokers: kafka.brokers.split(','), clientId: 'test' })

const start = (
  topology: Topology,
  instanceId: string,
  maxEntries = 1_000,
  guarantee: Guarantee = 'exactly_once',
  more: Pick<StreamProcessorOptions, 'standbys' | 'onRestore'> = {},
): StreamProcessor => {
  const processor = new StreamProcessor({ ...options(), topology, instanceId, maxEntries, guarantee, ...more })
  cleanUp.push(() => processor.stop())
  processor.start()
  return processor
}

const works = (...processors: StreamProcessor[]) =>
  until('the partitions to be shared out', async () => {
    const shares = processors.map(({ partitions }) => partitions.length)
    processors.forEach((processor) => {
      try {
        processor.check()
      } catch {
        shares.push(1_000)
      }
    })
    return shares.reduce((sum, each) => sum + each) === PARTITIONS || undefined
  })

/** Numbers from `from` on, spread over the partitions. */
const publish = async (source: TestTopic, from: number, count: number): Promise<void> => {
  const publisher = kafkaPublisher(options())
  const records = Array.from({ length: count }, (_, n) => ({
    ...{ topic: source.name as never, partition: (from + n) % PARTITIONS },
    record: { key: 'k', value: String(from + n), headers: {} },
  }))
  await publisher.publish(records)
  await publisher.close()
}

/** Everything that committed transactions told of each partition: what came, in order, and the sum after it. */
const told = async (output: TestTopic) => {
  const reader = new TopicReader({ ...options(), readCommitted: true })
  const all = Array.from({ length: PARTITIONS }, () => ({ came: [] as number[], sum: 0 }))
  let positions = all.map((_, partition) => ({ topic: output.name, partition, offset: 0 }))
  for (let isOver = false; !isOver; ) {
    const read = await reader.read(positions)
    isOver = read.every(({ offset, next }) => offset === next)
    positions = read.map(({ topic, partition, next }) => ({ topic, partition, offset: next }))
    for (const { partition, records } of read)
      for (const { value } of records) {
        const { sum, came } = JSON.parse(String(value)) as { sum: number; came: string[] }
        all[partition]!.came.push(...came.map(Number))
        all[partition]!.sum = sum
      }
  }
  reader.close()
  return all
}

const expectAll = async (output: TestTopic, count: number): Promise<void> => {
  const expected = Array.from({ length: PARTITIONS }, (_, partition) => {
    const came = Array.from({ length: count }, (_, n) => n).filter((n) => n % PARTITIONS === partition)
    return { came, sum: came.reduce((sum, n) => sum + n, 0) }
  })
  await expect.poll(() => told(output), { timeout: 30_000, interval: 50 }).toEqual(expected)
}

test('what comes is processed once and in order, by whoever has the partition', async () => {
  const { source, output, topology } = await setUp()
  await publish(source, 0, 300)
  const one = start(topology, 'one')
  await works(one)
  await expectAll(output, 300)
  const two = start(topology, 'two')
  await publish(source, 300, 300)
  await works(one, two)
  expect(one.partitions).toHaveLength(PARTITIONS / 2)
  await publish(source, 600, 300)
  await expectAll(output, 900)
  await one.stop()
  await publish(source, 900, 300)
  await works(two)
  await expectAll(output, 1_200)
})

test('who is started under the same name takes the place of the one before, which can commit nothing any more', async () => {
  const { source, output, topology } = await setUp()
  const before = start(topology, 'one')
  await works(before)
  const publishing = (async () => {
    for (let n = 0; n < 20; n++) await publish(source, n * 60, 60)
  })()
  const after = start(topology, 'one')
  await works(after)
  await publishing
  await expectAll(output, 1_200)
  await expect.poll(() => before.partitions, { timeout: 20_000 }).toEqual([])
  expect(() => before.check()).toThrow(/another process|FENCED/i)
})

test('who takes over what it keeps a copy of reads no more than the rest', async () => {
  const { source, output, topology } = await setUp()
  const restored: Restored[] = []
  const withCopy = { standbys: 1, onRestore: (one: Restored) => void restored.push(one) }
  const one = start(topology, 'one', 1_000, 'exactly_once', { standbys: 1 })
  const two = start(topology, 'two', 1_000, 'exactly_once', withCopy)
  await works(one, two)
  await expect.poll(() => two.standbyPartitions.toSorted(), { timeout: 20_000 }).toEqual(one.partitions.toSorted())
  // One commit after another: each is a record of the changelog.
  for (let n = 0; n < 10; n++) {
    await publish(source, n * 60, 60)
    await expectAll(output, (n + 1) * 60)
  }
  restored.length = 0
  await one.stop()
  await works(two)
  expect(two.standbyPartitions).toEqual([])
  const [takeover] = restored
  expect(takeover).toMatchObject({ partitions: PARTITIONS / 2 })
  expect(takeover!.copied).toBeGreaterThanOrEqual(3 * 9)
  expect(takeover!.read).toBeLessThanOrEqual(3)
  await publish(source, 600, 60)
  await expectAll(output, 660)
})

test('whoever takes over ends what a dead process left open, and waits for no time to be over', async () => {
  const { source, output, topology } = await setUp()
  await publish(source, 0, 60)
  const one = start(topology, 'one')
  await expectAll(output, 60)
  await one.stop()
  // As if it had died in the middle of its next transaction, which may last longer than this test.
  const transactionalId = `${topology.name}-one`
  const dead = await TransactionalProducer.start(kafka, { transactionalId, timeoutMs: 600_000 })
  await dead.write(output, ['lost'])
  expect(await dead.commitOffset(topology.name, source, 30)).toBe(ErrorCode.NONE)
  const two = start(topology, 'two')
  await works(two)
  await publish(source, 60, 60)
  await expectAll(output, 120)
})

test('copies are given up where there is no room for them', async () => {
  const { source, output, topology } = await setUp()
  // Room for its own tasks, and one copy.
  const one = start(topology, 'one', PARTITIONS / 2 + 1, 'exactly_once', { standbys: 1 })
  const two = start(topology, 'two', 1_000, 'exactly_once', { standbys: 1 })
  await works(one, two)
  await publish(source, 0, 60)
  await expectAll(output, 60)
  await expect.poll(() => one.standbyPartitions.length, { timeout: 20_000 }).toBe(1)
  expect(two.standbyPartitions).toHaveLength(PARTITIONS / 2)
  expect(() => one.check()).not.toThrow()
})

test('state beyond the limit ends the work and says what to do', async () => {
  const { source, output, topology } = await setUp()
  const processor = start(topology, 'one', PARTITIONS - 1)
  await publish(source, 0, 60)
  await expect
    .poll(
      () => {
        try {
          return processor.check()
        } catch (error) {
          return (error as Error).message
        }
      },
      { timeout: 20_000 },
    )
    .toMatch(/6 entries of state are more than the limit of 5; raise the limit/)
  expect((await told(output)).flatMap(({ came }) => came)).toEqual([])
})

test('a topology that asks for no more than at least once goes on where it stopped, too', async () => {
  const { source, output, topology } = await setUp()
  await publish(source, 0, 300)
  const before = start(topology, 'one', 1_000, 'at_least_once')
  await works(before)
  await expectAll(output, 300)
  await before.stop()
  await publish(source, 300, 300)
  start(topology, 'one', 1_000, 'at_least_once')
  await expectAll(output, 600)
})
