import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { Client, type Order } from '../support/client.ts'
import { stockLevels, violations } from '../support/oracle.ts'
import { outOfOrder } from '../support/order-sequence.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { type ReadRecord, readTopic } from '../support/topic.ts'
import { until } from '../support/until.ts'
import { everyday, inParallel, type PlannedOrder, plan, seeded } from '../support/workload.ts'

const CUSTOMERS = 8
/** Placed while the handler fails, and as many again while what failed is redriven. */
const ORDERS = 24
/** A message that fails is tried eight times within about a minute before it is a dead letter. */
const UNTIL_DEAD_MS = 120_000
/** How an order ends is to depend on nothing but its card: no race for stock, no cancellation, no bank that is silent. */
const { tok_timeout: _, ...tokens } = everyday.tokens
const MIX = { ...everyday, tokens, cancelled: 0, scarce: 0, returned: 0, customers: CUSTOMERS }

interface Operation {
  state: 'running' | 'completed'
  total: number
  handled: number
  dead: number
}

let system: RunningSystem
let client: Client
let inventory: pg.Client
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
  inventory = new pg.Client({ connectionString: databaseUrl(system.postgresPort, 'waybill_inventory') })
  await inventory.connect()
})
afterAll(async () => {
  await inventory?.end()
  await system?.stop()
})

/** From outside, and for one type of message: what its handler wants to write the database refuses. */
const breakHandler = () =>
  inventory.query(`
    CREATE FUNCTION drill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a drill'; END $$;
    CREATE TRIGGER drill BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.type = 'StockDispatched')
      EXECUTE FUNCTION drill()`)
const mendHandler = () => inventory.query('DROP TRIGGER drill ON events; DROP FUNCTION drill')

/** Answers the ids in the order of the plan; each run has customers of its own. */
const place = async (run: string, planned: readonly PlannedOrder[]): Promise<string[]> => {
  const placed: string[] = []
  await inParallel(planned, 4, async ({ request }, index) => {
    const customerId = `${run}-${request.customerId}`
    placed[index] = await client.placeSurely({ ...request, customerId, coordination: 'orchestrated' })
  })
  return placed
}
const ended = (orderIds: readonly string[]): Promise<Order[]> =>
  Promise.all(orderIds.map((orderId) => client.terminal(orderId, 180_000)))
const endOf = ({ status, reason, total, items }: Order) => ({ status, reason, total, items })

const deadLetters = async () => {
  const { items } = await client.get<{ items: { status: string; count: number; service: string }[] }>(
    '/api/parked/counts?service=inventory',
  )
  return items.filter(({ status }) => status === 'dead').reduce((sum, { count }) => sum + count, 0)
}

test('a handler that fails for a stretch under orders, redriven: every order ends as without it, in the order of each key', {
  timeout: 420_000,
}, async () => {
  const before = await stockLevels(client)
  const planned = await plan(client, 2 * ORDERS, MIX, seeded(21))
  const calm = await ended(await place('calm', planned))

  await breakHandler()
  const failing = await place('faulty', planned.slice(0, ORDERS))
  const heldBack = new Set(
    calm.slice(0, ORDERS).flatMap(({ status, customerId }) => (status === 'completed' ? customerId : [])),
  ).size
  await until('a dead letter of every key', async () => (await deadLetters()) === heldBack || undefined, {
    timeoutMs: UNTIL_DEAD_MS,
    everyMs: 500,
  })
  expect(heldBack).toBeGreaterThan(CUSTOMERS / 2)

  await mendHandler()
  const flowing = place('faulty', planned.slice(ORDERS))
  const begun = await client.call<{ operationId: string; total: number }>(
    'POST',
    '/api/parked/redrive',
    { filter: { service: 'inventory', type: 'stock.dispatch' }, reason: 'the drill is over' },
    { 'idempotency-key': randomUUID(), 'x-actor': 'ann' },
  )
  expect(begun).toMatchObject({ status: 202, body: { total: heldBack } })
  const operation = await until('the redrive to end', async () => {
    const found = await client.get<Operation>(`/api/operations/${begun.body.operationId}`)
    return found.state === 'completed' ? found : undefined
  })
  expect(operation).toMatchObject({ total: heldBack, handled: heldBack, dead: 0 })

  const orderIds = [...failing, ...(await flowing)]
  const orders = await ended(orderIds)
  expect(orders.map(endOf)).toEqual(calm.map(endOf))
  expect(await violations(client, [...calm, ...orders], before)).toEqual([])
  expect(await outOfOrder(system.brokers, orderIds)).toEqual([])
  const [asked, done] = await Promise.all([answersAskedFor(orderIds), answers(orderIds)])
  expect(done).toEqual(asked)
  expect([...asked.values()].flat().length).toBeGreaterThan(2 * ORDERS)
  await until('Kafka to be told that nothing waits', async () => (await openLetters()).length === 0 || undefined)
})

/** Dead letters of inventory that no tombstone has settled: the last word on each key counts. */
const openLetters = async (): Promise<ReadRecord[]> => {
  const letters = await readTopic(system.brokers, 'dead-letters')
  return [...new Map(letters.map((letter) => [letter.key, letter])).values()].filter(({ value }) => value !== undefined)
}

/** What a command has the warehouse say, where it does not refuse. */
const ANSWER: Readonly<Record<string, string>> = {
  'stock.reserve': 'stock.reserved',
  'stock.dispatch': 'stock.dispatched',
  'stock.release': 'stock.released',
}

/** Of each key, in the order of the commands; who asks again is answered again, and the first time counts. */
const answersAskedFor = async (orderIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> =>
  byKey(await readTopic(system.brokers, 'inventory-commands'), orderIds, ({ type }) => ANSWER[type])

const answers = async (orderIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> =>
  byKey(await readTopic(system.brokers, 'inventory'), orderIds, ({ type }) => type)

const byKey = (
  records: readonly ReadRecord[],
  orderIds: readonly string[],
  nameOf: (record: ReadRecord) => string | undefined,
): Map<string, readonly string[]> => {
  const ours = new Set(orderIds)
  const said = records.flatMap((record) => {
    const name = nameOf(record)
    const orderId = record.headers.ce_subject!
    return name !== undefined && ours.has(orderId) ? [{ key: record.key, what: `${name} ${orderId}` }] : []
  })
  const groups = Map.groupBy(said, ({ key }) => key)
  return new Map([...groups].map(([key, all]) => [key, [...new Set(all.map(({ what }) => what))]]))
}
