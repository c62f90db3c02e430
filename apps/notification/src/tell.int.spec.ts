import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Consequences } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import type { Limits } from './domain/allowance.ts'
import { Customers } from './domain/customers.ts'
import type { Preferences } from './domain/preferences.ts'
import { inClear } from './sealing.fixture.ts'
import { savePreferences, switchChannelOff } from './sql/preferences.ts'
import { type News, teller } from './tell.ts'
import { giveTurns } from './turn-taker.ts'

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('notification')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

const HOUR_MS = 3_600_000
const START = Date.parse('2026-11-28T12:00:00Z')
const LIMITS = { perHour: 100, overdraft: 20 }
const preferences: Preferences = {
  ...{ locale: 'sv', timeZone: 'Europe/Stockholm', addresses: { sms: '+46701234567', push: 'device-1' } },
  channels: { default: ['sms', 'push'], order_completed: [] },
  fallback: 'email',
}

/** A service whose clock stands where it is put. */
const setUp = (limits: Limits = LIMITS) => {
  const customers = new Customers([{ customerId: 'ada', name: 'Ada', email: 'ada@example.com' }])
  const { announce, tell } = teller({ customers, limits, personal: inClear })
  const clock = { ms: START }
  const groupCommit = new GroupCommit(database, { clock: () => new Date(clock.ms) })
  const news = (customerId: string, kind: News['kind'] = 'order_shipped', orderId = randomUUID()): News => ({
    ...{ kind, orderId, customerId, values: { orderId, trackingNumber: 'WB1', total: { amount: 1, currency: 'EUR' } } },
    plainMail: () => ({ subject: 'plain', text: 'mail' }),
  })
  const say = (one: News) =>
    groupCommit.submit({
      announce: (uow) => announce(uow, one),
      run: async (uow) => {
        const cause = { id: randomUUID(), correlationId: one.orderId }
        await tell(uow, new Consequences(cause, '/waybill/notification', uow.now), one)
      },
    })
  const turns = () => groupCommit.submit({ run: (uow) => giveTurns(uow, limits) })
  return { clock, news, say, turns, groupCommit }
}

const rowsOf = (customerId: string) =>
  database.query<{ kind: string; channel: string; status: string; to: string; releasedAt: Date | null }>(
    `SELECT kind, channel, status, recipient AS "to", released_at AS "releasedAt" FROM notifications
      WHERE customer_id = $1 ORDER BY kind, channel`,
    customerId,
  )
const owedMails = (orderId: string) =>
  database.query<{ payload: object }>('SELECT payload FROM effects WHERE key = $1', orderId)
/** What is on its way to the queues, in the order in which it was put there. */
const queued = (customerId: string) =>
  database.query<{
    topic: string
    at: Date
    data: { channel: string; values: { second: number } } & Record<string, unknown>
  }>('SELECT topic, created_at AS at, value::json AS data FROM outbox WHERE key = $1 ORDER BY id', customerId)

test('who has said nothing is written to at once, and only once', async () => {
  const { news, say } = setUp()
  const shipped = news('ada')
  await Promise.all([say(shipped), say(shipped)])
  await say(shipped)
  expect(await rowsOf('ada')).toMatchObject([{ channel: 'email', status: 'pending', to: 'ada@example.com' }])
  expect(await owedMails(shipped.orderId)).toMatchObject([
    { payload: { subject: 'plain', text: 'mail', notification: { kind: 'order_shipped', channel: 'email' } } },
  ])
  expect(await queued('ada')).toEqual([])
})

test('who has is told by their channels, in their language; what they want no word of is skipped', async () => {
  const { news, say } = setUp()
  await savePreferences(database, 'bo', preferences, new Date())
  for (const kind of ['order_shipped', 'order_cancelled', 'order_completed'] as const) await say(news('bo', kind))
  expect(await rowsOf('bo')).toMatchObject([
    { kind: 'order_cancelled', channel: 'push', status: 'pending', to: 'device-1' },
    { kind: 'order_cancelled', channel: 'sms', status: 'pending', to: '+46701234567' },
    { kind: 'order_completed', channel: 'none', status: 'skipped' },
    { kind: 'order_shipped', channel: 'push' },
    { kind: 'order_shipped', channel: 'sms' },
  ])
  expect((await queued('bo')).map(({ topic, data }) => [topic, data.channel, data.locale])).toEqual([
    ['notifications-normal', 'sms', 'sv'],
    ['notifications-normal', 'push', 'sv'],
    ['notifications-high', 'sms', 'sv'],
    ['notifications-high', 'push', 'sv'],
  ])
})

test('by a channel that is switched off nobody is told, and where none is left the fall-back goes', async () => {
  const { news, say } = setUp()
  await savePreferences(database, 'cleo', { ...preferences, channels: { default: ['sms'] } }, new Date())
  const off = { customerId: 'cleo', channel: 'sms', at: new Date().toISOString(), reason: 'unknown_recipient' } as const
  expect(await switchChannelOff(database, { ...off, to: '+4670999' })).toBe(false)
  expect(await switchChannelOff(database, { ...off, to: '+46701234567' })).toBe(true)
  expect(await switchChannelOff(database, { ...off, to: '+46701234567' })).toBe(false)
  await say(news('cleo'))
  await savePreferences(database, 'cleo', preferences, new Date())
  await say(news('cleo'))
  expect((await rowsOf('cleo')).map(({ channel }) => channel)).toEqual(['email', 'push', 'sms'])
})

test('in quiet hours all but what is urgent waits for their end', async () => {
  const { clock, news, say, turns } = setUp()
  const quiet = { ...preferences, channels: { default: ['sms'] as const }, quietHours: { from: '12:30', to: '14:30' } }
  await savePreferences(database, 'dan', quiet, new Date())
  await say(news('dan'))
  await say(news('dan', 'order_cancelled'))
  expect(await turns()).toBeGreaterThanOrEqual(0)
  expect((await queued('dan')).map(({ topic }) => topic)).toEqual(['notifications-high'])
  clock.ms = Date.parse('2026-11-28T13:29:59Z')
  await turns()
  expect((await queued('dan')).length).toBe(1)
  clock.ms = Date.parse('2026-11-28T13:30:00Z')
  await turns()
  expect((await queued('dan')).map(({ topic }) => topic)).toEqual(['notifications-high', 'notifications-normal'])
  expect(await rowsOf('dan')).toMatchObject([{ status: 'pending' }, { status: 'pending' }])
  expect(await database.query('SELECT 1 FROM waiting_customers WHERE customer_id = $1', 'dan')).toEqual([])
})

test('of 1,000 for one customer in a minute 100 go out, the rest later and all of them, in order of priority and age', async () => {
  const { clock, news, say, turns } = setUp({ perHour: 100, overdraft: 0 })
  await savePreferences(database, 'eve', { ...preferences, channels: { default: ['sms'] } }, new Date())
  for (let second = 0; second < 60; second++) {
    clock.ms = START + second * 1_000
    const now = Array.from({ length: second < 40 ? 17 : 16 }, (_, i) => {
      const one = news('eve', i % 4 === 0 ? 'order_cancelled' : 'order_shipped')
      return say({ ...one, values: { ...one.values, second } })
    })
    await Promise.all(now)
    await turns()
  }
  const told = async () =>
    (await queued('eve')).map(({ data }) => ({ high: data.priority === 'high', second: data.values.second }))
  expect(await told()).toHaveLength(100)
  let hours = 0
  for (; (await told()).length < 1_000 && hours < 12; hours++) {
    clock.ms += HOUR_MS
    while ((await turns()) > 0);
    expect(await told()).toHaveLength(Math.min(1_000, (hours + 2) * 100))
  }
  expect(hours).toBe(9)
  const later = (await told()).slice(100)
  expect(later).toEqual([...later].sort((a, b) => Number(b.high) - Number(a.high) || a.second - b.second))
  const rows = await rowsOf('eve')
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['pending']))
  expect(rows).toHaveLength(1_000)
}, 60_000)
