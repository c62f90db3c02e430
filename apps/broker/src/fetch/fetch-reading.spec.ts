import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fetch } from '#libs/kafka-protocol'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import type { File, FileSystem } from '../disk/file-system.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { type Part, partOf } from './fetch-part.ts'
import { readParts } from './fetch-reading.ts'

/** A disk that counts the reads under way, and lets them end when they are told to. */
class HeldDisk {
  readonly held: (() => void)[] = []
  isHeld = false

  constructor(private readonly disk: FileSystem) {}

  readonly fileSystem: FileSystem = new Proxy({} as FileSystem, {
    get: (_, name) => (name === 'open' ? (path: string) => this.open(path) : bound(this.disk, name)),
  })

  private open(path: string): File {
    const file = this.disk.open(path)
    const read: File['read'] = async (buffer, position) => {
      if (this.isHeld) await new Promise<void>((resolve) => this.held.push(resolve))
      return file.read(buffer, position)
    }
    return new Proxy(file, { get: (target, name) => (name === 'read' ? read : bound(target, name)) })
  }
}

function bound(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name)
  return typeof member === 'function' ? member.bind(target) : member
}

/** A broker that was restarted, so that nothing of its topic is in memory: the sizes of each partition's batches. */
async function coldBroker(partitions: readonly (readonly number[])[]) {
  const held = new HeldDisk(new MemoryFileSystem())
  const options = { settings: new LiveSettings({}), clock: new ManualClock(), fs: held.fileSystem, dataDir: '/data' }
  const writer = await Broker.open(options)
  await writer.controller.createTopic('t', partitions.length, {})
  for (const [index, batches] of partitions.entries()) {
    const log = writer.topics.find('t')!.logs[index]!
    for (const size of batches) log.append(testBatch({ values: ['x'.repeat(size)] }))
    await log.written(log.logEndOffset)
  }
  await writer.close()
  return { held, broker: await Broker.open(options) }
}

const wanted = (broker: Broker, partition: number, maxBytes: number): Part =>
  partOf(
    { ...fetch.emptyRequest, topic: 't', topicId: '', partition, offset: 0, maxBytes, leaderEpoch: -1 },
    broker.readable,
    false,
  )

const limits = (maxBytes: number) => ({ minBytes: 1, maxBytes, isolation: 'READ_UNCOMMITTED' as const })

test('partitions that have to be read from disk are read at once', async () => {
  const { held, broker } = await coldBroker([[10], [20], [30]])
  held.isHeld = true
  const reading = readParts(
    [0, 1, 2].map((index) => wanted(broker, index, 1000)),
    limits(10_000),
    broker.memory,
  )
  await new Promise(setImmediate)
  expect(held.held).toHaveLength(3)
  for (const letGo of held.held.toReversed()) letGo()
  const { results } = await reading
  expect(results.map((result) => result?.ok === true && result.records[0]!.length)).toEqual(
    [10, 20, 30].map((size) => testBatch({ values: ['x'.repeat(size)] }).length),
  )
  await broker.close()
})

test('what is found is what reading them one after the other would find', async () => {
  const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  })
  const partBytes = fc.constantFrom(1, 5000, 70_000, 200_000)
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.array(partBytes, { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 1, max: 300_000 }),
      async (partitions, maxOf, maxBytes) => {
        const { broker } = await coldBroker(partitions)
        const parts = partitions.map((_, index) => wanted(broker, index, maxOf[index]!))
        let room = maxBytes
        const expected: number[] = []
        for (const { log, maxBytes } of parts) {
          const isFirst = expected.every((bytes) => bytes === 0)
          const result = await log!.read(0, Math.max(0, Math.min(maxBytes, room)), 'READ_UNCOMMITTED', isFirst)
          expected.push(result.ok ? result.bytes : -1)
          room -= expected.at(-1)!
        }
        const reading = await readParts(parts, limits(maxBytes), broker.memory)
        expect(reading.results.map((result) => (result?.ok === true ? result.bytes : -1))).toEqual(expected)
        expect(reading.bytes).toBe(expected.reduce((sum, bytes) => sum + bytes, 0))
        expect(broker.memory.used).toBe(0)
        await broker.close()
      },
    ),
    { interruptAfterTimeLimit: 3000, markInterruptAsFailure: false },
  )
})
