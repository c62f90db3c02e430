import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { Client, type Order } from '../support/client.ts'
import { freeze } from '../support/freeze.ts'
import { type StockLevels, stockLevels, violations } from '../support/oracle.ts'
import { quiet, SERVICES } from '../support/quiet.ts'
import { sagaEnded, sendBack } from '../support/returns.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { kafkaOf, orderTopics } from '../support/topic.ts'
import { until } from '../support/until.ts'
import { everyday, inParallel, plan, seeded } from '../support/workload.ts'

const MORE_PARTITIONS = 12
const MOST_ORDERS = 1_500
/** Between two orders of a worker, milliseconds: some forty orders a second while partitions grow. */
const GAP_MS = 100
/** Without cards whose provider never answers: an order with one takes half a minute to end. */
const { tok_timeout: _, ...tokens } = everyday.tokens

let system: RunningSystem
let client: Client
let before: StockLevels
let admin: ReturnType<ReturnType<typeof kafkaOf>['admin']>
const placed: string[] = []
const sentBack: Promise<string[]>[] = []
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
  before = await stockLevels(client)
  admin = kafkaOf(system.brokers).admin()
  await admin.connect()
})
afterAll(async () => {
  await admin?.disconnect()
  await system?.stop()
})

/** A few at a time: of more the gateway would ask the owner, who knows less of an order's history. */
const ended = async (): Promise<Order[]> => {
  await inParallel(placed, 4, async (orderId) => void (await client.terminal(orderId)))
  const returnIds = (await Promise.all(sentBack)).flat()
  expect(returnIds).not.toEqual([])
  await inParallel(returnIds, 4, (returnId) => sagaEnded(client, returnId))
  await quiet(client)
  const orders = new Map<string, Order>()
  await inParallel(placed, 4, async (orderId) => void orders.set(orderId, await client.order(orderId)))
  return placed.map((orderId) => orders.get(orderId)!)
}

/** The topics that have records on partitions which were not there at the beginning. */
const grown = async (): Promise<string[]> => {
  const offsets = await Promise.all(
    // Apache Kafka answers the growth before the new partitions have leaders.
    orderTopics.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic).catch(() => [])] as const),
  )
  return offsets.flatMap(([topic, partitions]) =>
    partitions.some(({ partition, high }) => partition >= 6 && high !== '0') ? [topic] : [],
  )
}

test('the partitions of every topic grow from 6 to 12 under orders: keys move, and everything is right', {
  timeout: 90_000,
}, async () => {
  const planned = await plan(client, MOST_ORDERS, { ...everyday, tokens }, seeded(5))
  let inUse = false
  const growing = (async () => {
    await until('orders to be under way', async () => placed.length > 20 || undefined)
    await admin.createPartitions({ topicPartitions: orderTopics.map((topic) => ({ topic, count: MORE_PARTITIONS })) })
    await until(
      'all the new partitions to be used',
      async () => (await grown()).length === orderTopics.length || undefined,
      { everyMs: 500 },
    )
  })().finally(() => {
    inUse = true
  })
  await inParallel(planned, 4, async ({ request, cancel, returns }) => {
    if (inUse) return
    const orderId = await client.placeSurely(request)
    placed.push(orderId)
    if (cancel) await client.cancelSurely(orderId)
    sentBack.push(sendBack(client, orderId, returns))
    await pause(GAP_MS)
  })
  await growing
  expect(await violations(client, await ended(), before)).toEqual([])
})

test('the whole history is delivered again, from offset 0 and without the claims of any inbox: nothing changes', {
  timeout: 90_000,
}, async () => {
  const orders = await ended()
  const world = async () => ({
    stock: await stockLevels(client),
    sales: await client.get('/api/sales'),
    operations: await Promise.all(orders.map(({ orderId }) => client.operations(orderId))),
    mails: await client.get('/api/simulators/mailbox?limit=1000'),
  })
  const worldBefore = await world()
  const read = await committed()
  // A member that is frozen leaves its group; when all did, its offsets can be deleted.
  const thaw = await Promise.all(SERVICES.map(async (service) => freeze(await system.pidOf(service))))
  await until('the groups to be left', async () => {
    const { groups } = await admin.describeGroups(SERVICES)
    return groups.every(({ state }) => state === 'Empty') || undefined
  })
  await admin.deleteGroups(SERVICES)
  for (const service of SERVICES) if (service !== 'query') await forgetClaims(service)
  for (const each of thaw) each()

  await until('everything to be read again', async () => {
    const now = await committed()
    return [...read].every(([place, offset]) => (now.get(place) ?? -1n) >= offset) || undefined
  })
  // While the read model is slow to answer, the owner of the orders does, who knows less of their history.
  const histories = async () => (await ended()).map(({ timeline }) => timeline)
  const known = orders.map(({ timeline }) => expect.arrayContaining(timeline))
  await expect.poll(histories, { timeout: 20_000 }).toEqual(known)
  const after = await ended()
  expect(after.map(withoutHistory)).toEqual(orders.map(withoutHistory))
  expect(await world()).toEqual(worldBefore)
  expect(await violations(client, after, before)).toEqual([])
})

/** How far each group has read: its name, topic and partition → the next offset. */
const committed = async (): Promise<Map<string, bigint>> => {
  const offsets = await Promise.all(
    SERVICES.map(async (groupId) =>
      (await admin.fetchOffsets({ groupId })).flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${groupId}/${topic}/${partition}`, BigInt(offset)] as const),
      ),
    ),
  )
  return new Map(offsets.flat())
}

/** Who is asked the same again answers the same again, and that is a message of its own. */
const withoutHistory = ({ timeline: _, updatedAt: __, ...order }: Order) => order

const forgetClaims = async (service: string): Promise<void> => {
  const database = new pg.Client({ connectionString: databaseUrl(system.postgresPort, `waybill_${service}`) })
  await database.connect()
  const { rowCount } = await database.query('DELETE FROM inbox')
  await database.end()
  expect(rowCount).toBeGreaterThan(0)
}
