import { describe, expect, test } from 'vitest'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { LogManager } from '../log/log-manager.ts'
import { MetadataStore } from './metadata-store.ts'
import { isRefusal } from './refusal.ts'
import { type Topic, Topics } from './topics.ts'

const start = async (fs: MemoryFileSystem) => {
  const logs = await LogManager.open({ fs, dataDir: '/data', now: () => 0 })
  return { logs, topics: await Topics.open(await MetadataStore.open(logs), logs, new LiveSettings({})) }
}

const created = async (creation: Promise<Topic | object>): Promise<Topic> => {
  const topic = await creation
  if (isRefusal(topic)) throw new Error(topic.errorMessage)
  return topic as Topic
}

const noProblem = () => undefined

const names = (topics: Topics) => [...topics.all()].map(({ name, partitions }) => `${name} ${partitions}`)

describe.each([
  ['the journal does not reach the disk', (path: string) => path.includes('metadata')],
  ['a directory cannot be made', (path: string) => path.endsWith('-1')],
])('%s', (_, isBroken) => {
  const broken = (fs: MemoryFileSystem) => {
    fs.fail = (_operation, path) => (isBroken(path) ? 'EIO' : undefined)
  }
  const repaired = (fs: MemoryFileSystem) => {
    fs.fail = () => undefined
  }

  test('a topic that could not be created can be asked for again, and is there once', async () => {
    const fs = new MemoryFileSystem()
    const { topics, logs } = await start(fs)
    broken(fs)
    await expect(topics.create('t', 3, {})).rejects.toThrow()
    expect(names(topics)).toEqual([])
    repaired(fs)
    const { topicId } = await created(topics.create('t', 2, {}))
    await logs.close()
    const { topics: after } = await start(fs)
    expect(names(after)).toEqual(['t 2'])
    expect(after.find('t')?.topicId).toBe(topicId)
  })

  test('so can partitions that could not be added', async () => {
    const fs = new MemoryFileSystem()
    const { topics, logs } = await start(fs)
    await created(topics.create('t', 1, {}))
    broken(fs)
    await expect(topics.grow('t', 3, noProblem)).rejects.toThrow()
    expect(names(topics)).toEqual(['t 1'])
    repaired(fs)
    await topics.grow('t', 2, noProblem)
    await logs.close()
    expect(names((await start(fs)).topics)).toEqual(['t 2'])
  })
})

test('a topic whose deletion could not be stored is gone, and another of its name may follow', async () => {
  const fs = new MemoryFileSystem()
  const { topics, logs } = await start(fs)
  const first = await created(topics.create('t', 1, {}))
  fs.fail = (_, path) => (path.includes('metadata') ? 'EIO' : undefined)
  await expect(topics.delete(first)).rejects.toThrow()
  fs.fail = () => undefined
  const second = await created(topics.create('t', 2, {}))
  await logs.close()
  const { topics: after } = await start(fs)
  expect(names(after)).toEqual(['t 2'])
  expect(after.find('t')?.topicId).toBe(second.topicId)
})
