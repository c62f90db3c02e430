import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { credentials } from '#libs/service-tokens'
import { keyFilesIn } from '../../scripts/key-files.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { Client, orderOf } from '../support/client.ts'
import { askOracle, brokenIn } from '../support/oracle-watch.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const SKU = 'MUG-WHITE-330'

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
})
afterAll(() => system?.stop())

const key = () => ({ 'idempotency-key': randomUUID() })

/** Once it has looked again. */
const seesBroken = (name: string, what: RegExp) =>
  until(
    `the oracle to see ${name} broken`,
    async () =>
      brokenIn(await askOracle(client)).some((said) => said.startsWith(`${name}:`) && what.test(said)) || undefined,
  )

const inDatabase = async (service: string, statement: string, ...values: unknown[]): Promise<void> => {
  const database = new pg.Client({ connectionString: databaseUrl(system.postgresPort, `waybill_${service}`) })
  await database.connect()
  await database.query(statement, values)
  await database.end()
}

test('a system that keeps its promises is seen whole, over everything that there is', async () => {
  const tokens = ['tok_ok', 'tok_declined', 'tok_capture_declined']
  const placed = await Promise.all(tokens.map((token) => client.placeSurely(orderOf({ [SKU]: 1 }, { token }))))
  for (const orderId of placed) await client.terminal(orderId)
  const answer = await until('the oracle to have judged all of them', async () => {
    const now = await askOracle(client)
    return (
      (now.missing.length === 0 && now.checks.find(({ name }) => name === 'money')?.of === placed.length && now) ||
      undefined
    )
  })
  expect(brokenIn(answer)).toEqual([])
  expect(answer.checks.map(({ name }) => name)).toEqual(['ends', 'money', 'stock', 'effects', 'key-order'])
  for (const { name, of } of answer.checks) if (name !== 'ends') expect(of, name).toBeGreaterThan(0)
})

test('money that is taken twice at the provider is seen', async () => {
  const orderId = await client.placeSurely(orderOf({ [SKU]: 1 }))
  const { total } = await client.terminal(orderId)
  const provider = new Client(`http://127.0.0.1:${await system.portOf('simulators')}`)
  const again = { orderId, ...total, token: 'tok_ok' }
  const path = '/payment/authorizations'
  const shown = credentials(keyFilesIn(system.data).serviceKeys, 'payment', 'simulators')({ method: 'POST', path })
  expect((await provider.call('POST', path, again, { ...key(), ...shown })).status).toBe(201)
  await seesBroken('effects', new RegExp(`order ${orderId}: authorize 2 times`))
  await seesBroken('money', new RegExp(`order ${orderId}.*${total.amount} stays authorized`))
})

test('a piece that is gone from the shelf without an event is seen', async () => {
  const { items } = await client.get<{ items: { sku: string; onHand: number }[] }>('/api/stock')
  const { sku } = items.find((product) => product.sku !== SKU && product.onHand > 0)!
  await inDatabase(
    'inventory',
    'UPDATE stock_levels SET on_hand = on_hand - 1, version = version + 1 WHERE sku = $1',
    sku,
  )
  await seesBroken('stock', new RegExp(sku))
})

test('an order that does not end is seen', async () => {
  const paused = await client.call('POST', '/api/processes/payment/pause', undefined, key())
  expect(paused.status).toBe(202)
  const orderId = await client.placeSurely(orderOf({ [SKU]: 1 }))
  await inDatabase('order', "UPDATE sagas SET started_at = now() - interval '1 hour' WHERE saga_id = $1", orderId)
  await seesBroken('ends', new RegExp(`order ${orderId} is running`))
  expect((await client.call('POST', '/api/processes/payment/resume', undefined, key())).status).toBe(202)
  expect((await client.terminal(orderId)).status).toBe('completed')
})

test('a fact that lies behind what follows from it is seen', async () => {
  const customerId = 'oracle'
  const orderId = await client.placeSurely(orderOf({ [SKU]: 1 }, { customerId, token: 'tok_declined' }))
  await client.terminal(orderId)
  const producer = new Kafka({ brokers: system.brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  const headers = { ce_type: 'order.confirmed', correlationid: orderId }
  await producer.send({ topic: 'orders', messages: [{ key: customerId, value: '{}', headers }] })
  await producer.disconnect()
  await seesBroken('key-order', new RegExp(`order ${orderId}.*order.confirmed .* behind order.rejected`))
})
