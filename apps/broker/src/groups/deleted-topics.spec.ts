import { beforeEach, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { Broker } from '../broker.ts'
import { ManualClock } from '../clock.fixture.ts'
import { LiveSettings } from '../config/live-settings.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { granted } from '../metadata/controller.fixture.ts'

let fs: MemoryFileSystem
let broker: Broker

beforeEach(async () => {
  fs = new MemoryFileSystem()
  await boot()
  const topic = await granted(broker.controller.createTopic('t', 1, {}))
  const offset = { topic: 't', partition: 0, offset: 7, leaderEpoch: -1, metadata: '', committedAt: 0 }
  const commit = { memberId: '', instanceId: null, generation: -1, offsets: [offset] }
  expect(await broker.groups.commit('g', commit)).toEqual([ErrorCode.NONE])
  fs.fail = (_operation, path) => (path.includes('groups') ? 'EIO' : undefined)
  await broker.controller.deleteTopic(topic)
})

async function boot(): Promise<void> {
  broker = await Broker.open({ settings: new LiveSettings({}), clock: new ManualClock(), fs, dataDir: '/data' })
}

const committed = () => [...broker.groups.offsetsOf('g').committed.keys()]

test('offsets of a deleted topic do not come back with another of its name, whenever the broker dies', async () => {
  fs.crash(() => 0.99)
  fs.fail = () => undefined
  await boot()
  await granted(broker.controller.createTopic('t', 1, {}))
  expect(committed()).toEqual([])
  await broker.close()
})

test('nobody has the name as long as the offsets cannot be deleted', async () => {
  expect(await broker.controller.createTopic('t', 1, {})).toMatchObject({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
  fs.fail = () => undefined
  await granted(broker.controller.createTopic('t', 1, {}))
  fs.crash(() => 0.99)
  await boot()
  expect(broker.topics.find('t')).toBeDefined()
  expect(committed()).toEqual([])
  await broker.close()
})
