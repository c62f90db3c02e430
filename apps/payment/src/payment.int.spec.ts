import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { Database } from '#libs/database'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import type { HandlersOf } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { deliver, paymentKeys, type TestDatabase, tablesWith, testDatabase } from '#libs/testing'
import { type Simulators, startSimulators } from '../../simulators/src/testing/simulators.ts'
import { consumers } from './consumers.ts'
import { paymentService } from './payment.module.ts'

configureLogging({ level: 'silent' })

let simulators: Simulators
let app: NestFastifyApplication
let testing: TestDatabase
let folder: string
const keys = paymentKeys()

const settings = (changes: object) => simulators.put('/payment/settings', changes)

const startService = async (): Promise<void> => {
  // No broker is there: what is to be published stays in the outbox, where the tests look at it.
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  app = await createApplication(
    paymentService({
      ...{ ...parsed.config, ...keys.settings },
      ...{ SIMULATORS_URL: simulators.url, PROVIDER_CONNECTIONS: 16 },
    }).module,
  )
  await app.init()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-payment-'))
  testing = await testDatabase('payment')
  simulators = await startSimulators(folder)
  await startService()
})
beforeEach(() => settings({ latencyMs: 0, declineRate: 0, faultRate: 0, timeoutRate: 0 }))
afterAll(async () => {
  await app.close()
  await simulators.stop()
  await testing.drop()
  await rm(folder, { recursive: true })
  keys.remove()
})

type Type = keyof HandlersOf<'payment-commands' | 'orders'>
const customerId = 'cust-0001'
const amount = { amount: 1780, currency: 'EUR' }
let count = 0
const newOrder = (): string => uuidFrom(`order ${++count}`)

/** A command, or a fact of a choreographed order, arrives, as the consumer would bring it. */
const command = <T extends Type>(type: T, data: DataOf<T>, id?: string) =>
  deliver(app, { service: 'payment', handlers: consumers }, type, data, id)
const authorize = (orderId: string, token = 'tok_ok', id?: string) =>
  command('payment.authorize', { orderId, customerId, amount, token }, id)
const capture = (orderId: string) => command('payment.capture', { orderId, customerId })
const undo = (orderId: string) => command('payment.void', { orderId, customerId })

const published = async (orderId: string): Promise<string[]> => {
  const rows = await app
    .get(Database)
    .query<{ type: string; key: string }>(
      `SELECT headers->>'ce_type' AS type, key FROM outbox WHERE headers->>'correlationid' = $1 ORDER BY id`,
      orderId,
    )
  for (const { key } of rows) expect(key).toBe(customerId)
  return rows.map(({ type }) => type)
}
const publishes = (orderId: string, ...types: string[]): Promise<void> =>
  vi.waitFor(async () => expect(await published(orderId)).toEqual(types), { timeout: 20_000, interval: 10 })
const ledger = async (orderId: string): Promise<{ operation: string; result: string; amount: number }[]> =>
  (await simulators.get(`/payment/operations?orderId=${orderId}`)).body.items
const done = async (orderId: string): Promise<string[]> =>
  (await ledger(orderId)).filter(({ result }) => result === 'ok').map(({ operation }) => operation)
/** Why the one fact about it says no. */
const codeOf = async (orderId: string): Promise<string | undefined> => {
  const [fact] = await app
    .get(Database)
    .query<{ code: string }>(
      `SELECT value::json->>'code' AS code FROM outbox WHERE headers->>'correlationid' = $1`,
      orderId,
    )
  return fact?.code
}
const owed = async (): Promise<number> => (await app.get(Database).query('SELECT FROM effects')).length

describe('the way of a payment through the provider', () => {
  test('authorize, capture, refund', async () => {
    const order = newOrder()
    await authorize(order)
    await publishes(order, 'payment.authorized')
    await capture(order)
    await publishes(order, 'payment.authorized', 'payment.captured')
    await undo(order)
    await publishes(order, 'payment.authorized', 'payment.captured', 'payment.refunded')
    expect(await done(order)).toEqual(['authorize', 'capture', 'refund'])
    expect(await owed()).toBe(0)
  })

  test('what the provider refuses as malformed is final at once, and named', async () => {
    const order = newOrder()
    await authorize(order, 'x'.repeat(120))
    await publishes(order, 'payment.declined')
    expect(await codeOf(order)).toBe('refused_with_400')
  })

  test('everything that follows names the command that caused it', async () => {
    const order = newOrder()
    const cause = uuidFrom('the command that caused it')
    await authorize(order, 'tok_ok', cause)
    await publishes(order, 'payment.authorized')
    const [fact] = await app.get(Database).query<{ id: string; causation: string }>(
      `SELECT headers->>'ce_id' AS id, headers->>'causationid' AS causation FROM outbox
       WHERE headers->>'correlationid' = $1`,
      order,
    )
    expect(fact!.causation).toBe(cause)
    const events = await app
      .get(Database)
      .query<{ causation: string }>(
        `SELECT metadata->>'causationId' AS causation FROM events WHERE stream_id = $1`,
        `payment-${order}`,
      )
    expect(events).toEqual([{ causation: cause }, { causation: cause }])
  })

  test('a declined card', async () => {
    const order = newOrder()
    await authorize(order, 'tok_declined')
    await publishes(order, 'payment.declined')
    await undo(order)
    await publishes(order, 'payment.declined', 'payment.voided')
    expect(await done(order)).toEqual([])
  })

  test('a card that works at the second try', async () => {
    const order = newOrder()
    await authorize(order, 'tok_flaky')
    await publishes(order, 'payment.authorized')
  })

  test('a capture that is declined leaves an authorization to void', async () => {
    const order = newOrder()
    await authorize(order, 'tok_capture_declined')
    await publishes(order, 'payment.authorized')
    await capture(order)
    await publishes(order, 'payment.authorized', 'payment.declined')
    await undo(order)
    await publishes(order, 'payment.authorized', 'payment.declined', 'payment.voided')
    expect(await done(order)).toEqual(['authorize', 'void'])
  })
})

test('a part is refunded once for each return, by a provider that loses answers', async () => {
  const order = newOrder()
  await authorize(order)
  await publishes(order, 'payment.authorized')
  await capture(order)
  await publishes(order, 'payment.authorized', 'payment.captured')
  await settings({ faultRate: 0.4 })
  const refundReturn = async (name: string) => {
    const data = { orderId: order, customerId: 'cust-0001', returnId: uuidFrom(name) }
    const ask = () => command('payment.refund-return', { ...data, amount: { amount: 100, currency: 'EUR' } })
    await ask()
    const refunded = async () =>
      expect(
        await app
          .get(Database)
          .query(
            `SELECT FROM outbox WHERE headers->>'ce_type' = 'payment.return-refunded' AND value::json->>'returnId' = $1`,
            data.returnId,
          ),
      ).toHaveLength(1)
    await vi.waitFor(refunded, { timeout: 20_000, interval: 20 })
  }
  await Promise.all(['first', 'second', 'third'].map(refundReturn))
  const refunds = (await ledger(order)).filter(({ operation, result }) => operation === 'refund' && result === 'ok')
  expect(refunds.map(({ amount }) => amount)).toEqual([100, 100, 100])
})

describe('a choreographed order', () => {
  const about = (orderId: string) => ({ orderId, customerId, total: amount })
  const placed = (orderId: string, token = 'tok_ok') =>
    command('order.placed', {
      ...{ ...about(orderId), items: [], payment: { token }, shippingAddress: address, coordination: 'choreographed' },
    })
  const overdue = (orderId: string, awaiting: DataOf<'order.overdue'>['awaiting']) =>
    command('order.overdue', {
      ...{ ...about(orderId), awaiting, lines: [], payment: { token: 'tok_ok' }, shippingAddress: address },
    })
  const address = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
  const withdrawn = (orderId: string, ...toUndo: DataOf<'order.withdrawn'>['toUndo']) =>
    command('order.withdrawn', { ...about(orderId), reason: 'customer_request', toUndo })

  test('is paid for by its own facts, and what follows says whose it is', async () => {
    const order = newOrder()
    await placed(order)
    await publishes(order, 'payment.authorized')
    await command('order.confirmed', about(order))
    await publishes(order, 'payment.authorized', 'payment.captured')
    await withdrawn(order, 'stock')
    await withdrawn(order, 'payment', 'stock')
    await publishes(order, 'payment.authorized', 'payment.captured', 'payment.refunded')
    expect(await done(order)).toEqual(['authorize', 'capture', 'refund'])
    const rows = await app
      .get(Database)
      .query<{ style: string }>(
        `SELECT headers->>'coordination' AS style FROM outbox WHERE headers->>'correlationid' = $1`,
        order,
      )
    expect(rows.map(({ style }) => style)).toEqual(['choreographed', 'choreographed', 'choreographed'])
  })

  test('that is overdue is looked at again, as far as it is about the payment', async () => {
    const order = newOrder()
    await overdue(order, 'stock.reserved')
    await overdue(order, 'payment.authorized')
    await publishes(order, 'payment.authorized')
    await overdue(order, 'payment.captured')
    await publishes(order, 'payment.authorized', 'payment.captured')
    await overdue(order, 'payment.voided')
    await publishes(order, 'payment.authorized', 'payment.captured', 'payment.refunded')
  })
})

describe('undoing', () => {
  test('while the authorization is under way', async () => {
    await settings({ latencyMs: 50 })
    const order = newOrder()
    await authorize(order)
    await undo(order)
    await publishes(order, 'payment.authorized', 'payment.voided')
    expect(await done(order)).toEqual(['authorize', 'void'])
  })

  test('an authorization whose outcome nobody knows', async () => {
    const order = newOrder()
    await authorize(order, 'tok_timeout')
    await undo(order)
    await publishes(order, 'payment.failed', 'payment.voided')
    expect(await done(order)).toEqual(['void'])
  }, 30_000)

  test('blocks what comes later', async () => {
    const order = newOrder()
    await undo(order)
    await authorize(order)
    await publishes(order, 'payment.voided', 'payment.voided')
    expect(await ledger(order)).toEqual([])
  })
})

describe('a sealed token', () => {
  test('is opened for the provider only: no row has it in clear', async () => {
    const order = newOrder()
    await authorize(order, keys.sealer.seal('tok_of_one_card_1', order))
    await publishes(order, 'payment.declined')
    expect(await codeOf(order)).toBe('invalid_token')
    expect(await tablesWith(testing.url, 'tok_of_one_card_1')).toEqual([])
    expect(await tablesWith(testing.url, 'sealed.v1.')).toContain('events')
  })

  test('is of no use for another order', async () => {
    const order = newOrder()
    await authorize(order, keys.sealer.seal('tok_ok', newOrder()))
    await publishes(order, 'payment.declined')
    expect(await codeOf(order)).toBe('unreadable_token')
    expect(await ledger(order)).toEqual([])
  })

  test('that was sealed before a rotation of the keys opens after it; for a key that is not there nothing is said', async () => {
    const [before, after, unknown] = [newOrder(), newOrder(), newOrder()]
    const old = keys.sealer
    const other = paymentKeys()
    await app.close()
    keys.rotate()
    await startService()
    await authorize(before, old.seal('tok_ok', before))
    await authorize(after, keys.sealer.seal('tok_ok', after))
    await authorize(unknown, other.sealer.seal('tok_ok', unknown))
    for (const order of [before, after]) await publishes(order, 'payment.authorized')
    await publishes(unknown, 'payment.failed')
    other.remove()
  })
})

/** Asks, and asks again whenever the answer was that there was none, as the saga does. */
const insist = async (orderId: string, wanted: string, ask: () => Promise<unknown>): Promise<void> => {
  let facts = await published(orderId)
  while (!facts.includes(wanted)) {
    const known = facts.length
    await ask()
    const more = async () => {
      facts = await published(orderId)
      expect(facts.length).toBeGreaterThan(known)
    }
    await vi.waitFor(more, { timeout: 20_000, interval: 20 })
  }
}

test('a provider that fails before or after doing the work is asked until it says what it did', async () => {
  await settings({ faultRate: 0.4 })
  const orders = Array.from({ length: 30 }, newOrder)
  const pay = async (order: string) => {
    await insist(order, 'payment.authorized', () => authorize(order))
    await insist(order, 'payment.captured', () => capture(order))
  }
  await Promise.all(orders.map(pay))
  for (const order of orders) expect(await done(order)).toEqual(['authorize', 'capture'])
}, 60_000)

test('calls that a stopped service owed are made by the next one, once', async () => {
  await settings({ latencyMs: 300 })
  const orders = Array.from({ length: 20 }, newOrder)
  await Promise.all(orders.map((order) => authorize(order)))
  await app.close()
  await settings({ latencyMs: 0 })
  await startService()
  for (const order of orders) await publishes(order, 'payment.authorized')
  for (const order of orders) expect(await done(order)).toEqual(['authorize'])
})
