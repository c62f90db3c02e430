import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Consequences, type Message } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import type { Later, WorkContext, Worked } from '#libs/messaging'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { type Simulators, startSimulators, temporaryDirectory } from '../../simulators/src/testing/simulators.ts'
import { mailProvider } from './channels/mail-provider.ts'
import { textProvider } from './channels/text-provider.ts'
import type { DeliverType } from './deliver.ts'
import { deliveries } from './deliveries.ts'
import { Customers } from './domain/customers.ts'
import { inClear } from './sealing.fixture.ts'
import { SmtpConnections } from './smtp-connections.ts'
import { savePreferences } from './sql/preferences.ts'
import { teller } from './tell.ts'

let server: TestDatabase
let database: Database
let simulators: Simulators & AsyncDisposable
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let handler: ReturnType<typeof deliveries>
let providers: Parameters<typeof deliveries>[0]['providers']
const customers = new Customers([{ customerId: 'jo', name: 'Jo <b>', email: 'jo@example.com' }])

beforeAll(async () => {
  server = await testDatabase('notification')
  database = new Database(server.url)
  directory = await temporaryDirectory()
  simulators = await startSimulators(directory.path)
  const smtp = { host: '127.0.0.1', port: simulators.smtpPort, connections: 2, timeoutMs: 2_000 }
  providers = {
    email: mailProvider(new SmtpConnections(smtp)),
    sms: textProvider('sms', simulators.url, 4),
    push: textProvider('push', simulators.url, 4),
  }
  handler = deliveries({ database, providers, customers, personal: inClear })
})
afterEach(() => set({ faultRate: 0, throttlePerSecond: 0, latencyMs: 0 }))
afterAll(async () => {
  for (const provider of Object.values(providers)) await provider.close()
  await simulators.stop()
  await database.close()
  await server.drop()
  await directory[Symbol.asyncDispose]()
})

const set = (settings: object) => simulators.put('/sms/settings', settings)
const context: WorkContext = {
  ...{ queue: 'notifications-normal', signal: new AbortController().signal, attempt: 1, isLastTry: false },
  position: { topic: 'notifications-normal', partition: 0, offset: 0n },
}
let numbers = 0

/** A customer who wants to be told by SMS of a parcel, and the message that is to tell. */
const someone = async (fallback: 'email' | undefined, sms = `+4617${String(++numbers).padStart(7, '0')}`) => {
  const customerId = `customer-${++numbers}`
  const preferences = { locale: 'sv', timeZone: 'UTC', addresses: { sms }, channels: { default: ['sms'] } } as const
  await savePreferences(database, customerId, { ...preferences, fallback }, new Date())
  const { tell } = teller({ customers, limits: { perHour: 100, overdraft: 0 }, personal: inClear })
  const orderId = randomUUID()
  await new GroupCommit(database).submit({
    run: (uow) =>
      tell(uow, new Consequences({ id: randomUUID(), correlationId: orderId }, '/waybill/notification', uow.now), {
        ...{ kind: 'order_shipped', orderId, customerId, values: { orderId, trackingNumber: 'WB1' } },
      }),
  })
  return { customerId, sms, orderId, message: (await queued(customerId))[0]! }
}
type Delivery = Message<DeliverType>
const queued = async (customerId: string): Promise<Delivery[]> => {
  const rows = await database.query<{ headers: Record<string, string>; value: string }>(
    `SELECT headers, value FROM outbox WHERE key = $1 AND topic LIKE 'notifications-%' ORDER BY id`,
    customerId,
  )
  return rows.map(({ headers, value }) => {
    const data = JSON.parse(value)
    const { ce_id: id, ce_type: type } = headers
    return {
      id,
      type,
      subject: data.orderId,
      key: customerId,
      correlationId: data.orderId,
      causationId: 'c',
      data,
    } as Delivery
  })
}
const rowsOf = (orderId: string) =>
  database.query<{ channel: string; status: string; tries: number | null; replaces: string | null }>(
    'SELECT channel, status, tries, replaces FROM notifications WHERE order_id = $1 ORDER BY channel DESC',
    orderId,
  )
/** Writes what the answer wants written. */
const end = async (message: Delivery, worked: Worked) => {
  if (worked === undefined || !('kind' in worked) || worked.kind !== 'done') return
  await new GroupCommit(database).submit({
    run: async (uow) => {
      const consequences = new Consequences({ id: message.id, correlationId: message.correlationId }, '/n', uow.now)
      await worked.record({ uow, consequences })
    },
  })
}
const bury = (message: Delivery) =>
  new GroupCommit(database).submit({
    run: async (uow) => {
      const consequences = new Consequences({ id: message.id, correlationId: message.correlationId }, '/n', uow.now)
      await handler.dead!(message, { reason: 'handler_failed', error: '503', attempts: 3 }, { uow, consequences })
    },
  })
const ledger = async (sms: string) => (await simulators.get(`/sms?to=${encodeURIComponent(sms)}`)).body.items

test('what the gateway takes is sent, and a worker that dies before it said so sends it under the same key', async () => {
  const { message, sms, orderId } = await someone(undefined)
  await handler.work(message, context)
  const worked = await handler.work(message, { ...context, attempt: 2 })
  expect(await ledger(sms)).toMatchObject([
    { idempotencyKey: message.id, text: `Waybill: beställning ${orderId.slice(0, 8)} är på väg: WB1.` },
  ])
  await end(message, worked)
  expect(await rowsOf(orderId)).toEqual([{ channel: 'sms', status: 'sent', tries: 2, replaces: null }])
  expect(await handler.work(message, context)).toBeUndefined()
})

test('a gateway that is busy is left alone for as long as it asks, by all that goes there', async () => {
  const [first, second] = [await someone(undefined), await someone(undefined)]
  await set({ throttlePerSecond: 1, retryAfterSeconds: 30 })
  let throttled: Worked
  while (!(throttled && 'kind' in throttled && throttled.kind === 'later'))
    throttled = await handler.work(first.message, context)
  const heldMs = (throttled as Later).at.getTime() - Date.now()
  expect(heldMs).toBeGreaterThan(25_000)
  expect(heldMs).toBeLessThan(61_000)
  await set({ throttlePerSecond: 0 })
  expect(await handler.work(second.message, context)).toMatchObject({ kind: 'later' })
  expect(await ledger(second.sms)).toEqual([])
  handler = deliveries({ database, providers, customers, personal: inClear })
  expect(await handler.work(second.message, context)).toMatchObject({ kind: 'done' })
})

test('a number that nobody has switches the channel off, and the fall-back tells, once', async () => {
  const { message, customerId, orderId } = await someone('email', '+99912345')
  await end(message, await handler.work(message, context))
  expect(await rowsOf(orderId)).toEqual([
    { channel: 'sms', status: 'failed', tries: 1, replaces: null },
    { channel: 'email', status: 'pending', tries: null, replaces: 'sms' },
  ])
  const [off] = await database.query<{ off: object }>(
    'SELECT switched_off AS off FROM notification_preferences WHERE customer_id = $1',
    customerId,
  )
  expect(off).toMatchObject({ off: { sms: { to: '+99912345', reason: 'unknown_recipient' } } })
  const [, fallback] = await queued(customerId)
  await end(fallback!, await handler.work(fallback!, context))
  const mail = (await simulators.get(`/mailbox?orderId=${orderId}`)).body.items
  expect(mail).toMatchObject([
    { subject: `Beställning ${orderId.slice(0, 8)} är på väg`, text: expect.stringContaining('Spårningsnummer: WB1.') },
  ])
})

test('a gateway that fails is asked again; after the last try another channel tells, and a redrive nobody twice', async () => {
  const { message, customerId, sms, orderId } = await someone('email')
  await set({ faultRate: 1 })
  await expect(handler.work(message, context)).rejects.toThrow('503')
  await bury(message)
  expect(await rowsOf(orderId)).toMatchObject([
    { channel: 'sms', status: 'failed', tries: 3 },
    { channel: 'email', status: 'pending', replaces: 'sms' },
  ])
  await set({ faultRate: 0 })
  const before = (await ledger(sms)).length
  expect(await handler.work(message, context)).toBeUndefined()
  expect(await ledger(sms)).toHaveLength(before)
  await bury(message)
  expect(await queued(customerId), 'one fall-back, however often it fails').toHaveLength(2)
})

test('a customer who is told by the fall-back anyway is not told by it twice', async () => {
  const { message, customerId, orderId } = await someone('email', '+99967890')
  await database.execute(
    `INSERT INTO notifications (notification_id, order_id, customer_id, kind, channel, recipient, status, at)
     VALUES ($1::uuid, $2::uuid, $3, 'order_shipped', 'email', 'x@example.com', 'sent', now())`,
    randomUUID(),
    orderId,
    customerId,
  )
  await end(message, await handler.work(message, context))
  expect(await queued(customerId)).toHaveLength(1)
})

test('in words that there are not, nobody is told: it is a dead letter at once', async () => {
  const { message } = await someone(undefined)
  const unknown = { ...message, data: { ...message.data, template: 'no_such' } } as Delivery
  expect(await handler.work(unknown, context)).toMatchObject({ refused: 'unknown_template' })
})
