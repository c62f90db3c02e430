import { randomUUID } from 'node:crypto'
import { ConfigResourceTypes } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, orderOf } from '../support/client.ts'
import { stockLevels, violations } from '../support/oracle.ts'
import { quiet, SERVICES } from '../support/quiet.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { kafkaOf, orderTopics, readTopic } from '../support/topic.ts'
import { until } from '../support/until.ts'

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
})
afterAll(() => system?.stop())

const tokens = ['tok_ok', 'tok_ok', 'tok_declined', 'tok_ok', 'tok_capture_declined', 'tok_ok']

test('the same records published twice to every topic change nothing', async () => {
  const before = await stockLevels(client)
  const placed = await Promise.all(
    tokens.map((token, i) =>
      client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 + i }, { customerId: `twice-${i}`, token })),
    ),
  )
  await Promise.all(placed.map((orderId) => client.terminal(orderId)))
  await quiet(client)
  const orders = await Promise.all(placed.map((orderId) => client.order(orderId)))
  const stock = await stockLevels(client)

  const producer = kafkaOf(system.brokers).producer()
  await producer.connect()
  for (const topic of orderTopics) {
    const records = await readTopic(system.brokers, topic)
    const messages = records.map(({ key, value, headers }) => ({ key, value: value ?? null, headers }))
    for (let i = 0; i < 2; i++) await producer.send({ topic, messages })
  }
  await producer.disconnect()
  await quiet(client)

  expect(await Promise.all(placed.map((orderId) => client.order(orderId)))).toEqual(orders)
  expect(await stockLevels(client)).toEqual(stock)
  expect(await violations(client, orders, before)).toEqual([])
})

test('under load no transaction fails and is repeated in parts', async () => {
  const placed = await Promise.all(
    Array.from({ length: 150 }, (_, i) =>
      client.placeSurely(
        orderOf({ 'MUG-WHITE-330': 1 }, { customerId: `busy-${i % 20}`, token: tokens[i % tokens.length]! }),
      ),
    ),
  )
  await Promise.all(placed.map((orderId) => client.terminal(orderId)))
  const splits = await Promise.all(
    SERVICES.map(async (service) => {
      const answer = await fetch(`http://127.0.0.1:${await system.portOf(service)}/metrics`)
      return [service, Number(/^waybill_database_group_splits_total.* (\d+)$/m.exec(await answer.text())?.[1])]
    }),
  )
  expect(splits).toEqual(SERVICES.map((service) => [service, 0]))
})

test('garbage on every topic is parked, can be seen, and stops nothing', async () => {
  const customerId = 'garbage-neighbour'
  const headers = {
    ce_specversion: '1.0',
    ce_source: '/elsewhere',
    ce_subject: 'x',
    ce_time: new Date().toISOString(),
    correlationid: 'x',
    causationid: 'x',
  }
  const garbage = [
    { key: customerId, value: 'no headers at all' },
    { key: customerId, value: '{"broken":', headers: { ...headers, ce_id: randomUUID(), ce_type: 'order.placed' } },
    { key: customerId, value: null, headers: { ...headers, ce_id: randomUUID(), ce_type: 'payment.captured' } },
    { key: null, value: '{}', headers: { ...headers, ce_id: randomUUID(), ce_type: 'order.teleported' } },
    { key: customerId, value: '{"orderId":1}', headers: { ...headers, ce_id: randomUUID(), ce_type: 'stock.reserve' } },
  ]
  const producer = kafkaOf(system.brokers).producer()
  await producer.connect()
  for (const topic of orderTopics) await producer.send({ topic, messages: garbage })
  await producer.disconnect()

  const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId }))
  expect((await client.terminal(orderId)).status).toBe('completed')
  const parked = await until('the garbage to be parked', async () => {
    const { items } = await client.get<{ items: { service: string; topic: string; reason: string }[] }>(
      '/api/parked?limit=500',
    )
    return orderTopics.every((topic) => items.filter((item) => item.topic === topic).length >= garbage.length)
      ? items
      : undefined
  })
  const letters = await until('the garbage to be among the dead letters', async () => {
    const found = (await readTopic(system.brokers, 'dead-letters')).map(({ headers }) => headers.origintopic)
    return orderTopics.every((topic) => found.includes(topic)) ? found : undefined
  })
  expect(letters.length).toBeGreaterThanOrEqual(parked.length)
  expect(new Set(parked.map(({ reason }) => reason))).toEqual(
    new Set(['missing_header', 'invalid_json', 'unknown_type', 'invalid_data']),
  )
  await quiet(client)
})

interface Letter {
  readonly key: string
  /** A tombstone has none. */
  readonly value: string | undefined
}

/** What a program with kafkajs hears of `dead-letters`, from the beginning of the topic on. */
const deadLetters = async (): Promise<{ heard: Letter[]; close: () => Promise<void> }> => {
  const heard: Letter[] = []
  const consumer = kafkaOf(system.brokers).consumer({ groupId: `letters-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topic: 'dead-letters', fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message: { key, value } }) =>
      void heard.push({ key: String(key), value: value?.toString() ?? undefined }),
  })
  return { heard, close: () => consumer.disconnect() }
}

/** A record that its readers know by its headers and cannot read: who has a use for its type parks it. */
const parkConfirmation = async (customerId: string) => {
  const orderId = await client.placeSurely(orderOf({ 'MUG-WHITE-330': 1 }, { customerId }))
  await client.terminal(orderId)
  const confirmed = (await readTopic(system.brokers, 'orders')).find(
    ({ type, headers }) => type === 'order.confirmed' && headers.ce_subject === orderId,
  )!
  const producer = kafkaOf(system.brokers).producer()
  await producer.connect()
  const headers = { ...confirmed.headers, ce_id: randomUUID() }
  await producer.send({ topic: 'orders', messages: [{ key: customerId, value: '{"broken":', headers }] })
  await producer.disconnect()
  const items = await until('its readers to park it', async () => {
    const { items } = await client.get<{ items: Parked[] }>(`/api/parked?key=${customerId}&topic=orders`)
    return items.length === 2 ? items : undefined
  })
  expect(items.map(({ service }) => service)).toEqual(['notification', 'query'])
  return { items, readable: confirmed.value }
}
interface Parked {
  readonly id: string
  readonly service: string
  readonly partition: number
  readonly offset: number
}

test('a consumer of dead-letters sees what is parked by its id, and a tombstone once it is given up or handled', async () => {
  const { heard, close } = await deadLetters()
  const { items, readable } = await parkConfirmation('letter-sender')
  const letterOf = ({ service, partition, offset }: Parked) =>
    until(`the letter of ${service}`, async () =>
      heard.find(({ value }) => {
        const told = value === undefined ? {} : JSON.parse(value)
        return told.service === service && told.partition === partition && told.offset === String(offset)
      }),
    )
  const letters = await Promise.all(items.map(letterOf))
  for (const { value } of letters)
    expect(JSON.parse(value!)).toMatchObject({ topic: 'orders', type: 'order.confirmed', reason: 'invalid_json' })
  expect(new Set(letters.map(({ key }) => key)).size).toBe(items.length)

  const work = (what: string, { service, id }: Parked, body: object) =>
    client.call('POST', `/api/parked/${service}/${id}/${what}`, body, { 'idempotency-key': randomUUID() })
  expect((await work('discard', items[0]!, { reason: 'a test' })).status).toBe(202)
  expect((await work('amend', items[1]!, { value: readable, reason: 'a test' })).status).toBe(202)
  await until('a tombstone of each', async () => {
    const last = letters.map((letter) => heard.findLast(({ key }) => key === letter.key)!)
    return last.every(({ value }) => value === undefined) || undefined
  })
  await close()
})

test('dead-letters is compacted: what is settled leaves it', async () => {
  const admin = kafkaOf(system.brokers).admin()
  await admin.connect()
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 'dead-letters', configNames: ['cleanup.policy'] }],
  })
  await admin.disconnect()
  expect(resources[0]!.configEntries[0]!.configValue.split(',')).toContain('compact')
})
