import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTopics, fetch, offsetCommit, produce } from '#libs/kafka-protocol'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { batch } from './batch.ts'
import { ProtocolClient } from './protocol-client.ts'

/** What the bundled broker tells by HTTP about what has been done to it. */
let broker: BrokerProcess
beforeAll(async () => {
  broker = await startBroker()
  const client = await ProtocolClient.connect(broker.brokers)
  const topic = { name: 'seen', numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
  const { topicId } = (await client.send(createTopics, 7, { topics: [topic] })).topics[0]!
  const topicData = [{ name: 'seen', partitionData: [{ index: 1, records: [batch(['a', 'b', 'c'])] }] }]
  await client.send(produce, 9, { acks: -1, timeoutMs: 1000, topicData })
  const wanted = [{ partition: 1, fetchOffset: 0, partitionMaxBytes: 1000 }]
  await client.send(fetch, 13, { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions: wanted }] })
  const committed = [{ partitionIndex: 1, committedOffset: 1, committedMetadata: '' }]
  const commit = { groupId: 'readers', generationIdOrMemberEpoch: -1, memberId: '' }
  await client.send(offsetCommit, 8, { ...commit, topics: [{ name: 'seen', partitions: committed }] })
  client.close()
})
afterAll(() => broker?.close())

const get = (path: string) => globalThis.fetch(`http://127.0.0.1:${broker.httpPort}${path}`)

test('it lives and is ready', async () => {
  for (const path of ['/health/live', '/health/ready']) {
    const answer = await get(path)
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
  }
})

test.each([
  ['broker_topic_records_in_total{topic="seen"}', 3],
  ['broker_topic_records_out_total{topic="seen"}', 3],
  ['broker_partition_end_offset{topic="seen",partition="1"}', 3],
  ['broker_partition_segments{topic="seen",partition="1"}', 1],
  ['broker_partition_healthy{topic="seen",partition="1"}', 1],
  ['broker_group_lag{group="readers",topic="seen",partition="1"}', 2],
  ['broker_group_members{group="readers"}', 0],
  ['broker_group_state{group="readers",state="Empty"}', 1],
  ['broker_request_seconds_count{api="Produce"}', 1],
  ['broker_request_seconds_bucket{api="Produce",le="+Inf"}', 1],
  ['broker_transactions{state="Ongoing"}', 0],
  ['broker_storage_errors_total', 0],
])('%s is %i', async (series, value) => {
  const lines = (await (await get('/metrics')).text()).split('\n')
  expect(lines.find((line) => line.startsWith(`${series} `))).toBe(`${series} ${value}`)
})

test('every metric has a type, and every fsync is counted', async () => {
  const text = await (await get('/metrics')).text()
  const families = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!))
  for (const [, name] of text.matchAll(/^([a-z_0-9]+)(?:{| )/gm)) {
    expect(families.has(name!) || families.has(name!.replace(/_(bucket|sum|count|total)$/, '')), name).toBe(true)
  }
  expect(Number(/^broker_fsync_seconds_count (\d+)$/m.exec(text)![1])).toBeGreaterThan(0)
})

test('the overview is there in whole and in parts', async () => {
  const whole = (await (await get('/')).json()) as { topics: unknown[]; groups: unknown[] }
  expect(whole).toMatchObject({
    topics: [{ name: 'seen' }],
    groups: [{ groupId: 'readers', lag: 2 }],
    transactions: [],
  })
  const topic = { name: 'seen', traffic: { recordsIn: 3, refused: 0 }, partitions: [{}, { endOffset: 3, segments: 1 }] }
  expect(await (await get('/topics/seen')).json()).toMatchObject(topic)
  expect(await (await get('/groups/readers')).json()).toEqual(whole.groups[0])
  expect((await get('/topics/unseen')).status).toBe(404)
  for (const path of ['/elsewhere', '/topics/%', '/topics/%E0%A4%A']) expect((await get(path)).status).toBe(404)
})
