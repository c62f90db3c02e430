import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { LogManager } from '../log/log-manager.ts'
import { MetadataStore } from './metadata-store.ts'
import { isRefusal } from './refusal.ts'
import { type Topic, Topics } from './topics.ts'

/**
 * Operations on topics in any interleaving, on a disk that loses what was not synced: whatever happens at once, each
 * operation is carried out on what the one before it left, and a restart finds what was acknowledged.
 */

const NAMES = ['a', 'b', 'x.y', 'x_y']
const SETTINGS = ['retention.ms', 'segment.bytes', 'max.message.bytes']

type Command =
  | { readonly do: 'create' | 'auto-create' | 'delete'; readonly name: string; readonly n: number }
  | { readonly do: 'grow' | 'produce'; readonly name: string; readonly n: number }
  | { readonly do: 'configure'; readonly name: string; readonly n: number }

const command: fc.Arbitrary<Command> = fc.record({
  do: fc.constantFrom('create', 'auto-create', 'delete', 'grow', 'produce', 'configure', 'produce'),
  name: fc.constantFrom(...NAMES),
  n: fc.integer({ min: 1, max: 4 }),
})
type Step = { readonly together: readonly Command[]; readonly next: 'go on' | 'stop' | 'kill' | 'crash' }
const step: fc.Arbitrary<Step> = fc.record({
  together: fc.array(command, { minLength: 1, maxLength: 8 }),
  next: fc.constantFrom('go on', 'go on', 'stop', 'kill', 'crash'),
})

const boot = async (fs: MemoryFileSystem) => {
  const logs = await LogManager.open({ fs, dataDir: '/data', now: () => 0 })
  const store = await MetadataStore.open(logs)
  return { logs, store, topics: await Topics.open(store, logs, new LiveSettings({})) }
}
type Booted = Awaited<ReturnType<typeof boot>>

/** What was acknowledged: by topic id, then `partition/offset`. */
type Acknowledged = Map<string, Map<number, number>>

const carryOut = async ({ topics }: Booted, { do: what, name, n }: Command, acknowledged: Acknowledged) => {
  const topic = topics.find(name)
  switch (what) {
    case 'create':
      return topics.create(name, n, {})
    case 'auto-create':
      return topics.findOrCreate(name)
    case 'delete':
      return topic && topics.delete(topic)
    case 'grow':
      return topics.grow(name, n, (now) => (n > now.partitions ? undefined : refused))
    case 'configure':
      return topics.configure(name, (now) => ({ ...now.configs, [SETTINGS[n % 3]!]: `${1_000_000 + n}` }))
    case 'produce':
      return topic && produce(topic, n % topic.partitions, acknowledged)
  }
}
const refused = { errorCode: ErrorCode.INVALID_PARTITIONS, errorMessage: 'no increase' }

const produce = async ({ topicId, logs }: Topic, partition: number, acknowledged: Acknowledged) => {
  const appended = logs[partition]!.append(testBatch({ values: ['v'] }))
  // Deleted meanwhile.
  if (!appended.ok) return
  await logs[partition]!.durable(appended.lastOffset + 1)
  const ends = acknowledged.get(topicId) ?? new Map<number, number>()
  acknowledged.set(topicId, ends.set(partition, Math.max(ends.get(partition) ?? 0, appended.lastOffset + 1)))
}

const stateOf = ({ topics }: Booted) =>
  [...topics.all()]
    .map(({ name, topicId, partitions, configs }) => ({ name, topicId, partitions, configs }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

const check = (booted: Booted, acknowledged: Acknowledged) => {
  const open = new Set(booted.logs.partitions())
  for (const { name, topicId, partitions, logs } of booted.topics.all()) {
    expect(logs.map(({ partition }) => partition)).toEqual(Array.from({ length: partitions }, (_, i) => i))
    for (const log of logs) {
      expect(log.closed, `${name}-${log.partition} is open`).toBe(false)
      expect(open.delete(log), `${name}-${log.partition} is the one on disk`).toBe(true)
      const end = acknowledged.get(topicId)?.get(log.partition) ?? 0
      expect(log.highWatermark, `${name}-${log.partition} has what was acknowledged`).toBeGreaterThanOrEqual(end)
    }
  }
  expect([...open], 'nothing is open that belongs to no topic').toEqual([])
  expect(booted.topics.find('x.y') && booted.topics.find('x_y'), 'only one of two rivals').toBeUndefined()
}

test('topics are what the operations on them made of them, whatever happens at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
      async (steps, random) => {
        const fs = new MemoryFileSystem()
        const acknowledged: Acknowledged = new Map()
        let booted = await boot(fs)
        for (const { together, next } of steps) {
          await Promise.all(together.map((one) => carryOut(booted, one, acknowledged).catch(closedMeanwhile)))
          check(booted, acknowledged)
          if (next === 'go on') continue
          const before = stateOf(booted)
          if (next === 'stop') await booted.logs.close()
          if (next === 'kill') fs.kill()
          if (next === 'crash') fs.crash(() => random.next().value)
          booted = await boot(fs)
          expect(stateOf(booted)).toEqual(before)
          check(booted, acknowledged)
        }
        await booted.logs.close()
      },
    ),
    { numRuns: 150 },
  )
}, 60_000)

/** A produce whose partition was deleted under it is refused; any other failure is one. */
const closedMeanwhile = (error: unknown) => {
  if (!String(error).includes('closed')) throw error
}

test('two settings that are changed at once are both there', async () => {
  const fs = new MemoryFileSystem()
  const { topics } = await boot(fs)
  const created = await topics.create('t', 1, {})
  if (isRefusal(created)) throw new Error(created.errorMessage)
  await Promise.all(
    SETTINGS.map((setting, i) =>
      topics.configure('t', ({ configs }) => ({ ...configs, [setting]: `${2_000_000 + i}` })),
    ),
  )
  expect(Object.keys(topics.find('t')!.configs).sort()).toEqual([...SETTINGS].sort())
})
