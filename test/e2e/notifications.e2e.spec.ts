import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from '../support/client.ts'
import {
  allTold,
  idsOf,
  KINDS,
  keysOf,
  ledger,
  placeFor,
  prefer,
  redrive,
  simulate,
  type Told,
  toldOf,
} from '../support/notifications.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const BACKOFF_MS = 200

let system: RunningSystem
let client: Client
beforeAll(async () => {
  system = await startSystem(undefined, { NOTIFICATION_BACKOFF_MS: String(BACKOFF_MS) })
  client = new Client(system.url)
})
afterAll(() => system?.stop())

const preferencesOf = (customerId: string) =>
  client.get<{ isDefault: boolean; switchedOff: object[] }>(`/api/customers/${customerId}/notification-preferences`)
const kindsOf = (told: readonly Told[]) => told.map(({ kind }) => kind).sort()
let numbers = 0
const number = () => `+4917${String(++numbers).padStart(8, '0')}`

test('a customer is told by each channel that they chose, once, in their language', async () => {
  const sms = number()
  const said = await prefer(client, 'nina', {
    addresses: { sms, push: 'device-nina' },
    channels: { default: ['sms', 'push', 'email'], order_completed: [] },
  })
  expect([said.status, said.body.isDefault, said.body.locale]).toEqual([200, false, 'de'])
  const orderId = await placeFor(client, 'nina')
  const told = await allTold(client, orderId, 7)
  expect(kindsOf(told.filter(({ status }) => status === 'sent'))).toEqual([
    ...Array(3).fill('order_confirmed'),
    ...Array(3).fill('order_shipped'),
  ])
  expect(told.find(({ kind }) => kind === 'order_completed')).toMatchObject({ status: 'skipped', channel: 'none' })
  const texts = await ledger(client, 'sms', sms)
  expect(keysOf(texts)).toEqual(idsOf(told.filter(({ channel }) => channel === 'sms')))
  expect(texts.map(({ text }) => text).join()).toContain(`Waybill: Bestellung ${orderId.slice(0, 8)} ist unterwegs`)
  expect(await ledger(client, 'push', 'device-nina')).toHaveLength(2)
  const mails = await client.mails('nina@customers.example')
  expect(mails.map(({ subject }) => subject).sort()).toEqual([
    `Bestellung ${orderId.slice(0, 8)} bestätigt`,
    `Bestellung ${orderId.slice(0, 8)} ist unterwegs`,
  ])
})

test('a number that nobody has switches the channel off, which is said, and the fall-back goes', async () => {
  const sms = `+999${String(++numbers).padStart(6, '0')}`
  await prefer(client, 'uma', { addresses: { sms }, channels: { default: ['sms'] }, fallback: 'email' })
  const first = await placeFor(client, 'uma')
  const told = await until('what is told of the first order', async () => {
    const items = await toldOf(client, first)
    const sent = items.filter(({ status }) => status === 'sent')
    return sent.length === KINDS.length ? items : undefined
  })
  expect(kindsOf(told.filter(({ channel }) => channel === 'email'))).toEqual(KINDS)
  const failed = told.filter(({ channel }) => channel === 'sms')
  expect(failed.length).toBeGreaterThan(0)
  for (const one of failed)
    expect(one).toMatchObject({ status: 'failed', error: expect.stringContaining('unknown_recipient') })
  expect((await preferencesOf('uma')).switchedOff).toMatchObject([
    { channel: 'sms', to: sms, reason: 'unknown_recipient' },
  ])
  const audit = await client.get<{ items: { action: string }[] }>('/api/audit?target=customers/uma')
  expect(audit.items.map(({ action }) => action)).toEqual(['channel.switch-off', 'preferences.change'])
  const again = await allTold(client, await placeFor(client, 'uma'), KINDS.length)
  expect(again.map(({ channel }) => channel)).toEqual(['email', 'email', 'email'])
})

test('after its last try another channel goes, it is parked, and redriven tells nobody twice; alone it is told once', async () => {
  const [fallingBack, alone] = [number(), number()]
  await prefer(client, 'vera', {
    addresses: { sms: fallingBack },
    channels: { default: [], order_confirmed: ['sms'] },
    fallback: 'email',
  })
  await prefer(client, 'walt', { addresses: { sms: alone }, channels: { default: [], order_confirmed: ['sms'] } })
  await simulate(client, 'sms', { latencyMs: 0, faultRate: 1 })
  const [vera, walt] = await Promise.all([placeFor(client, 'vera'), placeFor(client, 'walt')])
  await allTold(client, vera, 4)
  const [fault] = (await allTold(client, walt, 3)).filter(({ channel }) => channel === 'sms')
  expect(fault).toMatchObject({ status: 'failed', tries: 3 })
  await simulate(client, 'sms', { faultRate: 0 })
  expect(await redrive(client)).toBe(2)
  await until('what was parked to be told', async () =>
    (await toldOf(client, walt)).some(({ channel, status }) => channel === 'sms' && status === 'sent')
      ? true
      : undefined,
  )
  // Half of what the gateway failed to answer it had taken: under one key that is one.
  expect(keysOf(await ledger(client, 'sms', alone))).toEqual([fault!.notificationId])
  expect((await ledger(client, 'sms', fallingBack)).length).toBeLessThanOrEqual(1)
  expect((await toldOf(client, vera)).filter(({ channel }) => channel === 'email')).toMatchObject([
    { status: 'sent', replaces: 'sms' },
  ])
})

test('a busy and faulty provider, and a service that is killed: each is told, and nobody twice', {
  timeout: 120_000,
}, async () => {
  const customers = Array.from({ length: 8 }, (_, n) => ({ id: `kill-${n}`, sms: number() }))
  for (const { id, sms } of customers) await prefer(client, id, { addresses: { sms }, channels: { default: ['sms'] } })
  await simulate(client, 'sms', { latencyMs: 100, faultRate: 0.1, throttlePerSecond: 15, retryAfterSeconds: 1 })
  const placed = customers.map(async ({ id, sms }) => ({ sms, orderId: await placeFor(client, id) }))
  const orders = await Promise.all(placed)
  await system.killAndAwaitRestart('notification')
  await simulate(client, 'sms', { faultRate: 0 })
  for (const { sms, orderId } of orders) {
    const told = await allTold(client, orderId, KINDS.length)
    const sent = told.filter(({ status }) => status === 'sent')
    const taken = keysOf(await ledger(client, 'sms', sms))
    expect(new Set(taken).size, 'each key once').toBe(taken.length)
    // What failed after three tries may have been taken all the same.
    for (const id of idsOf(sent)) expect(taken).toContain(id)
    for (const id of taken) expect(idsOf(told)).toContain(id)
  }
  await simulate(client, 'sms', { latencyMs: 5, throttlePerSecond: 0 })
})
