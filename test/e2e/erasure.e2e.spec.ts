import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { Client, type Coordination, orderOf } from '../support/client.ts'
import { sagaEnded } from '../support/returns.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/** On file in data/customers.json, which is no part of the data folder. */
const customerId = 'cust-0002'
const MAIL = 'bruno.ferreira@example.org'
const NAME = 'Zebulon Quackenbush'
const STREET = 'Rue du Perroquet 4711'
const PHONE = '+46701987654'
const WISH = 'too small for my Dachshund Wilhelmina'
const secrets = [MAIL, 'Bruno Ferreira', 'Zebulon', 'Quackenbush', STREET, PHONE, 'Wilhelmina']

let folder: string
let system: RunningSystem
let client: Client
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-erasure-'))
  system = await startSystem(folder)
  client = new Client(system.url)
})
afterAll(async () => {
  await system?.stop()
  await rm(folder, { recursive: true, force: true })
})

const place = async (coordination: Coordination): Promise<string> => {
  const order = orderOf({ 'MUG-WHITE-330': 2 }, { customerId, coordination })
  const shippingAddress = { ...order.shippingAddress, name: NAME, line1: STREET }
  return client.placeSurely({ ...order, shippingAddress })
}
const write = <T>(method: string, path: string, body: unknown) =>
  client.call<T>(method, path, body, { 'idempotency-key': randomUUID(), 'x-actor': 'ada' })
const erase = (reason = 'the customer asked for it') =>
  write<{ erasedAt: string; orders?: string[] }>('POST', `/api/customers/${customerId}/erasure`, { reason })
const exported = () => client.get<{ complete: boolean; orders: unknown[] }>(`/api/customers/${customerId}/export`)

/** Every value of every table of every database, as text: what is compressed in a file is readable here. */
const inDatabases = async (): Promise<string[]> => {
  const found: string[] = []
  const names = await rowsOf('postgres', `SELECT datname AS text FROM pg_database WHERE datname LIKE 'waybill%'`)
  expect(names).toContain('waybill_vault')
  for (const name of names) {
    const tables = await rowsOf(
      name,
      `SELECT quote_ident(relname) AS text FROM pg_class
      WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace`,
    )
    for (const table of tables)
      for (const text of await rowsOf(
        name,
        `SELECT t::text || coalesce(row_to_json(t)::text, '') AS text FROM ${table} t`,
      ))
        for (const secret of secrets) if (text.includes(secret)) found.push(`${name}.${table}: ${secret} in ${text}`)
  }
  return found
}
const rowsOf = async (database: string, sql: string): Promise<string[]> => {
  const connection = new pg.Client({ connectionString: databaseUrl(system.postgresPort, database) })
  await connection.connect()
  try {
    return (await connection.query<{ text: string }>(sql)).rows.map(({ text }) => text)
  } finally {
    await connection.end()
  }
}

/** Every file but those of the simulators: the carrier and the mail server are the outside world. */
const inFiles = async (): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const found: string[] = []
  let looked = 0
  for (const file of files) {
    const path = relative(folder, file)
    if (path.startsWith('simulators/')) continue
    looked++
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    for (const secret of secrets) if (bytes.includes(secret)) found.push(`${path}: ${secret}`)
  }
  expect(looked).toBeGreaterThan(100)
  return found
}

test('after an erasure nothing personal is in any database, topic or log, and everything else is as it was', async () => {
  const preferences = {
    ...{ locale: 'en', timeZone: 'UTC', addresses: { sms: PHONE } },
    channels: { default: ['email', 'sms'] },
  }
  const path = `/api/customers/${customerId}/notification-preferences`
  const said = await write('PUT', path, preferences)
  expect([said.status, JSON.stringify(said.body)]).toEqual([200, expect.stringContaining(PHONE)])

  const orders = await Promise.all([place('orchestrated'), place('choreographed')])
  expect((await erase()).status, 'while orders are under way').toBe(409)
  for (const orderId of orders) expect((await client.terminal(orderId)).status).toBe('completed')
  const wish = { items: [{ sku: 'MUG-WHITE-330', quantity: 1 }], reason: WISH }
  const asked = await write<{ returnId: string }>('POST', `/api/orders/${orders[0]}/returns`, wish)
  expect(asked.status).toBe(202)
  await sagaEnded(client, asked.body.returnId)
  const told = await until('everything to be told', async () => {
    const { items } = await client.get<{ items: { status: string; to: string; channel: string }[] }>(
      `/api/notifications?customerId=${customerId}`,
    )
    return (items.length >= 16 && items.every(({ status }) => status === 'sent') && items) || undefined
  })
  expect(new Set(told.map(({ to }) => to))).toEqual(new Set([MAIL, PHONE]))
  expect((await client.mails(MAIL)).length).toBeGreaterThanOrEqual(8)

  const before = await exported()
  const shown = JSON.stringify(before)
  expect(before.complete).toBe(true)
  for (const secret of [MAIL, 'Zebulon', 'Quackenbush', STREET, PHONE, WISH]) expect(shown).toContain(secret)
  expect(shown).not.toContain('personal.v1.')

  const erased = await until('the end of what was under way', async () => {
    const answer = await erase()
    return answer.status === 200 ? answer.body : undefined
  })
  expect((await erase('again')).body.erasedAt).toBe(erased.erasedAt)
  const afterwards = await until('every process to have heard', async () => {
    const text = JSON.stringify(await exported())
    return text.includes(STREET) ? undefined : text
  })
  for (const secret of secrets) expect(afterwards).not.toContain(secret)
  expect(afterwards).toContain('"line1":"erased"')
  const totals = ({ orders }: { orders: unknown[] }) => orders.map((order) => (order as { total: unknown }).total)
  expect(totals(JSON.parse(afterwards))).toEqual(totals(before))

  expect(await inDatabases()).toEqual([])
  const refused = await write('POST', '/api/orders', orderOf({ 'MUG-WHITE-330': 1 }, { customerId }))
  expect(refused.status).toBe(410)
  // Everything anew from the topics: the read model adds up to the same.
  const rebuilt = await write('POST', '/api/projections/orders/rebuild', { reason: 'erasure test' })
  expect(rebuilt.status).toBeLessThan(300)
  const past = await client.get<object>(`/api/orders/${orders[0]}?asOf=1`)
  expect(past).toMatchObject({ status: 'placed' })

  await system.stop()
  expect(await inFiles()).toEqual([])
}, 180_000)
