import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from '../log/batch.fixture.ts'
import { type BootedController, bootController, granted, namesIn } from './controller.fixture.ts'
import type { Controller } from './controller.ts'
import { ProducerIds } from './producer-ids.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { Topic } from './topics.ts'

let fs: MemoryFileSystem
let booted: BootedController
let controller: Controller

beforeEach(async () => {
  fs = new MemoryFileSystem()
  await boot()
})

async function boot(): Promise<void> {
  booted = await bootController(fs)
  controller = booted.controller
}

async function restart(): Promise<void> {
  await booted.close()
  await boot()
}

const STORAGE = { errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
const broken = (isBroken: (path: string) => boolean) => {
  fs.fail = (_operation, path) => (isBroken(path) ? 'EIO' : undefined)
}
const repaired = () => {
  fs.fail = () => undefined
}

const notMore = ({ name, partitions }: Topic, wanted: number): Refusal | undefined =>
  wanted > partitions ? undefined : refusal(ErrorCode.INVALID_PARTITIONS, `${name} has ${partitions} already`)

const grow = (name: string, partitions: number) =>
  controller.createPartitions(name, partitions, (topic) => notMore(topic!, partitions))

const configure = (name: string, key: string, value: string) =>
  controller.alterConfigs(async (control) => {
    const topic = controller.topics.find(name)!
    await control.configureTopic(topic, { ...topic.configs, [key]: value })
    return undefined
  })

describe('at once', () => {
  test('of four that grow a topic one does, and every partition takes records', async () => {
    await granted(controller.createTopic('t', 10, {}))
    const outcomes = await Promise.all([grow('t', 20), grow('t', 20), grow('t', 20), grow('t', 20)])
    expect(outcomes.map((outcome) => outcome?.errorCode ?? 0).sort()).toEqual([0, 37, 37, 37])
    const { logs } = controller.topics.find('t')!
    expect(logs.map((log) => log.append(testBatch({ values: ['a'] })).ok)).toEqual(logs.map(() => true))
    expect(logs.length).toBe(20)
    await restart()
    expect(namesIn(controller.topics)).toEqual(['t 20'])
  })

  test('two settings of a topic are both set, and its new partitions stay', async () => {
    await granted(controller.createTopic('t', 1, {}))
    await Promise.all([configure('t', 'retention.ms', '1'), grow('t', 3), configure('t', 'segment.ms', '2')])
    const expected = { partitions: 3, configs: { 'retention.ms': '1', 'segment.ms': '2' } }
    expect(controller.topics.find('t')).toMatchObject(expected)
    await restart()
    expect(controller.topics.find('t')).toMatchObject(expected)
  })

  test('a topic that is deleted while it is configured does not come back', async () => {
    const topic = await granted(controller.createTopic('t', 1, {}))
    const change = controller.alterConfigs(async (control) => {
      const present = controller.topics.find('t')
      if (present !== undefined) await control.configureTopic(present, { 'retention.ms': '1' })
      return undefined
    })
    await Promise.all([change, controller.deleteTopic(topic)])
    expect(namesIn(controller.topics)).toEqual([])
    await restart()
    expect(namesIn(controller.topics)).toEqual([])
  })

  test('topics that are asked for twice are there once', async () => {
    const outcomes = await Promise.all([
      ...[controller.findOrCreate('t'), controller.createTopic('t', 2, {}), controller.findOrCreate('t')],
      controller.createTopics([
        { name: 'a.b', partitions: 1, configs: {} },
        { name: 'a_b', partitions: 1, configs: {} },
      ]),
    ])
    expect(outcomes).toMatchObject([
      { partitions: 1 },
      { errorCode: ErrorCode.TOPIC_ALREADY_EXISTS },
      { partitions: 1 },
      [{ name: 'a.b' }, { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION }],
    ])
  })

  test('more than the queue takes are refused, and may be asked for again', async () => {
    let letGo = () => {}
    const first = controller.alterConfigs(async () => {
      await new Promise<void>((resolve) => (letGo = resolve))
      return undefined
    })
    const others = Array.from({ length: 1000 }, () => controller.alterConfigs(async () => undefined))
    await expect(others.at(-1)).resolves.toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT })
    letGo()
    await Promise.all([first, ...others])
    await granted(controller.createTopic('t', 1, {}))
  })
})

describe('deleting a partition that is busy', () => {
  /** Holds up the checkpoint of `t-0`, in which its upkeep then is. */
  async function busy(): Promise<{ topic: Topic; letGo: () => void; upkeep: Promise<void> }> {
    const topic = await granted(controller.createTopic('t', 1, {}))
    const [log] = topic.logs
    const appended = log!.append(testBatch({ values: ['old'] }))
    if (!appended.ok) throw new Error(appended.message)
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const { syncDirectory } = fs
    fs.syncDirectory = async (path) => {
      if (path.endsWith('/t-0')) await held
      return syncDirectory.call(fs, path)
    }
    const upkeep = log!.checkpoint()
    await log!.durable(appended.lastOffset + 1)
    return { topic, letGo, upkeep }
  }

  test('holds up nobody, and who asks for the name meanwhile gets a topic of his own', async () => {
    const { topic, letGo, upkeep } = await busy()
    await controller.deleteTopic(topic)
    expect(await controller.findOrCreate('t')).toMatchObject({ errorCode: ErrorCode.LEADER_NOT_AVAILABLE })
    const created = controller.createTopic('t', 1, {})
    await granted(controller.createTopic('other', 1, {}))
    expect(namesIn(controller.topics)).toEqual(['other 1'])
    letGo()
    await upkeep
    const [log] = (await granted(created)).logs
    expect(log!.logEndOffset).toBe(0)
    const appended = log!.append(testBatch({ values: ['new'] }))
    await log!.durable(appended.ok ? appended.lastOffset + 1 : Infinity)
    fs.crash(() => 0.99)
    await boot()
    expect(controller.topics.find('t')!.logs[0]!.logEndOffset).toBe(1)
  })
})

describe.each([
  ['the journal does not reach the disk', (path: string) => path.includes('metadata')],
  ['a directory cannot be made', (path: string) => path.endsWith('-1')],
])('%s', (_, isBroken) => {
  test('a topic that could not be created can be asked for again, and is there once', async () => {
    broken(isBroken)
    expect(await controller.createTopic('t', 3, {})).toMatchObject(STORAGE)
    expect(namesIn(controller.topics)).toEqual([])
    repaired()
    const { topicId } = await granted(controller.createTopic('t', 2, {}))
    await restart()
    expect(namesIn(controller.topics)).toEqual(['t 2'])
    expect(controller.topics.find('t')?.topicId).toBe(topicId)
  })

  test('so can partitions that could not be added', async () => {
    await granted(controller.createTopic('t', 1, {}))
    broken(isBroken)
    expect(await grow('t', 3)).toMatchObject(STORAGE)
    expect(namesIn(controller.topics)).toEqual(['t 1'])
    repaired()
    expect(await grow('t', 2)).toBeUndefined()
    await restart()
    expect(namesIn(controller.topics)).toEqual(['t 2'])
  })
})

test('a topic whose deletion could not be stored is gone, and another of its name may follow', async () => {
  const first = await granted(controller.createTopic('t', 1, {}))
  broken((path) => path.includes('metadata'))
  expect(await controller.deleteTopic(first)).toMatchObject(STORAGE)
  repaired()
  const second = await granted(controller.createTopic('t', 2, {}))
  await restart()
  expect(namesIn(controller.topics)).toEqual(['t 2'])
  expect(controller.topics.find('t')?.topicId).toBe(second.topicId)
})

test('a setting that was refused is not set by the next one', async () => {
  await granted(controller.createTopic('t', 1, {}))
  broken((path) => path.includes('metadata'))
  expect(await configure('t', 'retention.ms', '1')).toMatchObject(STORAGE)
  repaired()
  expect(await configure('t', 'segment.ms', '2')).toBeUndefined()
  await restart()
  expect(controller.topics.find('t')?.configs).toEqual({ 'segment.ms': '2' })
})

test('a name is nobody’s before all who listen have forgotten what it stood for', async () => {
  const events: string[] = []
  let attempts = 0
  controller.topics.subscribe(async ({ type, topic: { name, partitions } }) => {
    events.push(`${type} ${name} ${partitions}`)
    if (type === 'TopicDeleted' && attempts++ === 0) throw Object.assign(new Error('EIO'), { code: 'EIO' })
  })
  const topic = await granted(controller.createTopic('t', 1, {}))
  await grow('t', 2)
  await configure('t', 'retention.ms', '1')
  expect(await controller.deleteTopic(topic)).toBeUndefined()
  await controller.settled()
  await granted(controller.createTopic('t', 3, {}))
  expect(events).toEqual([
    ...['TopicCreated t 1', 'PartitionsAdded t 2', 'TopicConfigured t 2', 'TopicDeleted t 2'],
    ...['TopicDeleted t 2', 'TopicCreated t 3'],
  ])
})

test('thousands of partitions are made a few at a time, with one sync of their names', async () => {
  let underWay = 0
  let most = 0
  let ofNames = 0
  const { syncDirectory } = fs
  fs.syncDirectory = async (path) => {
    most = Math.max(most, ++underWay)
    if (path === '/data/logs') ofNames++
    await new Promise(setImmediate)
    await syncDirectory.call(fs, path)
    underWay--
  }
  await granted(controller.createTopic('t', 2000, {}))
  expect(most).toBeLessThanOrEqual(3)
  expect(ofNames).toBe(1)
})

test('producer ids go on behind every one that is in use, whatever the journal says', async () => {
  const ids = new ProducerIds(controller)
  ids.used(7_000_123)
  ids.used(5)
  expect(await ids.take()).toBe(7_000_124)
  await restart()
  expect(await new ProducerIds(controller).take()).toBeGreaterThan(7_000_124)
})
