import { beforeEach, expect, test } from 'vitest'
import { fetch } from '#libs/kafka-protocol'
import { handleFetch } from '../apis/01-fetch.ts'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import type { File, FileSystem } from '../disk/file-system.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'

let letGo: () => void
let held: Promise<void> | undefined
let broker: Broker
let clock: ManualClock

/** A disk whose reads wait as long as the test wants. */
function slow(disk: FileSystem): FileSystem {
  const open = (path: string): File => {
    const file = disk.open(path)
    const read: File['read'] = async (buffer, position) => {
      await held
      return file.read(buffer, position)
    }
    return new Proxy(file, { get: (target, name) => (name === 'read' ? read : bound(target, name)) })
  }
  return new Proxy(disk, { get: (target, name) => (name === 'open' ? open : bound(target, name)) })
}

function bound(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name)
  return typeof member === 'function' ? member.bind(target) : member
}

beforeEach(async () => {
  const disk = new MemoryFileSystem()
  clock = new ManualClock()
  held = undefined
  const start = () => Broker.open({ settings: new LiveSettings({}), clock, fs: slow(disk), dataDir: '/data' })
  broker = await start()
  await broker.controller.createTopic('t', 1, {})
  await append('old')
  // After a restart nothing of it is in memory.
  await broker.close()
  broker = await start()
  held = new Promise((resolve) => {
    letGo = resolve
  })
})

async function append(value: string): Promise<number> {
  const log = broker.topics.find('t')!.logs[0]!
  log.append(testBatch({ values: [value] }))
  await log.written(log.logEndOffset)
  return log.logEndOffset
}

test('what is written while a fetch reads for the first time ends its wait', async () => {
  const one = testBatch({ values: ['old'] }).length
  const partition = { ...fetch.emptyRequest.topics[0]?.partitions[0], partition: 0, fetchOffset: 0 }
  const request = {
    ...fetch.emptyRequest,
    ...{ maxWaitMs: 60_000, minBytes: one + 1, maxBytes: 1_000_000, sessionEpoch: -1 },
    topics: [
      { topic: 't', topicId: '', partitions: [{ ...partition, partitionMaxBytes: 100_000, currentLeaderEpoch: -1 }] },
    ],
  }
  const context = { broker, apiVersion: 11, clientId: '', clientHost: '', onClose: () => () => {} }
  const answer = Promise.resolve(
    handleFetch.handle(request as never, context as never),
  ) as Promise<unknown> as Promise<{
    responses: { partitions: { records: readonly Buffer[] }[] }[]
  }>
  await append('new')
  letGo()
  const { responses } = await answer
  const bytes = responses[0]!.partitions[0]!.records.reduce((sum, { length }) => sum + length, 0)
  expect(bytes).toBeGreaterThan(one)
  // It neither had to wait for its time nor left anything behind.
  expect(clock.pending).toBe(0)
  await broker.close()
})
