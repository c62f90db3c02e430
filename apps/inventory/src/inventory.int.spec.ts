import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { fold } from '#libs/decider'
import { readStream } from '#libs/event-store'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import type { HandlersOf } from '#libs/messaging'
import { configureLogging, metrics, registry } from '#libs/observability'
import { deliver, type TestDatabase, testDatabase } from '#libs/testing'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { type Quantities, type StockEvent, stockHistory, stockStream } from './domain/movements.ts'
import { inventoryService } from './inventory.module.ts'
import { Warehouse } from './warehouse.ts'

configureLogging({ level: 'silent' })

let app: NestFastifyApplication
let testing: TestDatabase
let folder: string

const products = [
  { sku: 'MUG', name: 'Mug', stock: 10 },
  { sku: 'BOWL', name: 'Bowl', stock: 500 },
  { sku: 'VASE', name: 'Vase', stock: 0 },
]

const start = async (): Promise<void> => {
  // No broker is there: what is to be published stays in the outbox, where the tests look at it.
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  const config: Config = { ...parsed.config, PRODUCTS_FILE: join(folder, 'products.json') }
  app = await createApplication(inventoryService(config).module)
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-inventory-'))
  await writeFile(join(folder, 'products.json'), JSON.stringify(products))
  testing = await testDatabase('inventory')
  await start()
})
beforeEach(async () => {
  await count('MUG', 10)
  await count('BOWL', 500)
})
afterAll(async () => {
  await app.close()
  await testing.drop()
  await rm(folder, { recursive: true })
})

/** As if somebody had counted: what is in the warehouse from here on. */
const count = (sku: string, onHand: number): Promise<number> =>
  app.get(Database).execute(
    `WITH counted AS (
       UPDATE stock_levels SET on_hand = $2::int, reserved = 0, version = version + 1 WHERE sku = $1 RETURNING *
     )
     INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
     SELECT 'stock-' || sku, version, 'StockCounted', json_build_object('onHand', on_hand, 'reserved', 0),
            json_build_object('messageId', gen_random_uuid()), now(), pg_current_xact_id()::text::bigint
       FROM counted`,
    sku,
    onHand,
  )

type Type = keyof HandlersOf<'inventory-commands' | 'orders'>
const http = () => request(app.getHttpServer())
const customerId = 'cust-0001'
let orderCount = 0
const newOrder = (): string => uuidFrom(`order ${++orderCount}`)

/** A command, or a fact of a choreographed order, arrives, as the consumer would bring it. */
const command = <T extends Type>(type: T, data: DataOf<T>, id?: string) =>
  deliver(app, { service: 'inventory', handlers: consumers }, type, data, id)
const reserve = (orderId: string, ...lines: DataOf<'stock.reserve'>['lines']) =>
  command('stock.reserve', { orderId, customerId, lines })
const release = (orderId: string) => command('stock.release', { orderId, customerId })
const dispatch = (orderId: string) => command('stock.dispatch', { orderId, customerId })

const published = async (correlationId: string): Promise<string[]> => {
  const rows = await app
    .get(Database)
    .query<{ type: string }>(
      `SELECT headers->>'ce_type' AS type FROM outbox WHERE headers->>'correlationid' = $1 ORDER BY id`,
      correlationId,
    )
  return rows.map(({ type }) => type)
}
/** What a product's events add up to, and how many of them there are. */
const folded = async (sku: string) => {
  const events = await readStream(app.get(Database), stockStream(sku))
  return { ...fold(stockHistory, events as unknown as StockEvent[]), version: events.length }
}
const stored = async (sku: string) =>
  (
    await app.get(Database).query(`SELECT on_hand AS "onHand", reserved, version FROM stock_levels WHERE sku = $1`, sku)
  )[0]
const level = async (sku: string) => (await http().get(`/stock/${sku}`).expect(200)).body

describe('a choreographed order', () => {
  const total = { amount: 890, currency: 'EUR' }
  const line = { sku: 'MUG', name: 'Mug', quantity: 1, unitPrice: total, lineTotal: total }
  const shippingAddress = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
  const payment = { token: 'tok_ok' }
  const about = (orderId: string) => ({ orderId, customerId, total })
  const placed = (orderId: string, quantity = 3) =>
    command('order.placed', {
      ...{ ...about(orderId), items: [{ ...line, quantity }], payment, shippingAddress, coordination: 'choreographed' },
    })
  const withdrawn = (orderId: string, ...toUndo: DataOf<'order.withdrawn'>['toUndo']) =>
    command('order.withdrawn', { ...about(orderId), reason: 'customer_request', toUndo })
  const overdue = (orderId: string, awaiting: DataOf<'order.overdue'>['awaiting']) =>
    command('order.overdue', {
      ...{ ...about(orderId), awaiting, lines: [{ sku: 'MUG', quantity: 2 }], payment, shippingAddress },
    })

  test('has its goods reserved and dispatched by its own facts', async () => {
    const order = newOrder()
    await placed(order)
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 3 })
    await command('order.shipped', { ...about(order), trackingNumber: 'T-1' })
    expect(await level('MUG')).toMatchObject({ onHand: 7, reserved: 0 })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched'])
  })

  test('gives back what it holds when it is withdrawn, and only then', async () => {
    const order = newOrder()
    await placed(order)
    await withdrawn(order, 'payment')
    expect(await level('MUG')).toMatchObject({ reserved: 3 })
    await withdrawn(order, 'payment', 'stock')
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 0 })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.released'])
  })

  test('that is overdue is looked at again, as far as it is about the stock', async () => {
    const order = newOrder()
    await overdue(order, 'payment.authorized')
    await overdue(order, 'stock.reserved')
    await overdue(order, 'stock.dispatched')
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched'])
    const other = newOrder()
    await overdue(other, 'stock.released')
    await placed(other)
    expect(await published(other)).toEqual(['stock.released', 'stock.released'])
  })
})

describe('commands', () => {
  test('reserve, then dispatch: the stock on hand falls when the goods leave', async () => {
    const order = newOrder()
    await reserve(order, { sku: 'MUG', quantity: 3 }, { sku: 'BOWL', quantity: 2 })
    expect(await level('MUG')).toMatchObject({ sku: 'MUG', name: 'Mug', onHand: 10, reserved: 3, available: 7 })
    await dispatch(order)
    expect(await level('MUG')).toMatchObject({ onHand: 7, reserved: 0, available: 7 })
    expect(await level('BOWL')).toMatchObject({ onHand: 498, reserved: 0 })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched'])
  })

  test('return: what comes back in good order is on the shelf again, once for each return', async () => {
    const order = newOrder()
    await reserve(order, { sku: 'MUG', quantity: 3 })
    await dispatch(order)
    const about = { orderId: order, customerId, returnId: uuidFrom(`return of ${order}`) }
    const before = await level('MUG')
    const back = () => command('stock.return', { ...about, lines: [{ sku: 'MUG', quantity: 2 }] })
    await back()
    await back()
    expect(await level('MUG')).toMatchObject({ onHand: before.onHand + 2, reserved: before.reserved })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched', 'stock.returned', 'stock.returned'])
    expect(await folded('MUG')).toEqual(await stored('MUG'))
  })

  test('reserve all lines or none', async () => {
    const order = newOrder()
    await reserve(order, { sku: 'BOWL', quantity: 2 }, { sku: 'VASE', quantity: 1 }, { sku: 'NO-SUCH', quantity: 1 })
    expect(await published(order)).toEqual(['stock.rejected'])
    expect(await level('BOWL')).toMatchObject({ reserved: 0 })
  })

  test('for one order in one transaction see each other, in order', async () => {
    const order = newOrder()
    await Promise.all([
      reserve(order, { sku: 'MUG', quantity: 3 }),
      reserve(order, { sku: 'MUG', quantity: 3 }),
      release(order),
    ])
    expect(await published(order)).toEqual(['stock.reserved', 'stock.reserved', 'stock.released'])
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 0 })
  })

  test('that can never succeed hurt nobody else in their transaction', async () => {
    const [good, bad] = [newOrder(), newOrder()]
    const results = await Promise.all([
      reserve(good, { sku: 'MUG', quantity: 1 }),
      dispatch(bad),
      reserve(newOrder(), { sku: 'MUG', quantity: 1 }),
    ])
    expect(results).toMatchObject([undefined, { refused: 'nothing_reserved' }, undefined])
    expect(await level('MUG')).toMatchObject({ reserved: 2 })
  })

  test('of 50 orders for the last 10 pieces let exactly 10 have one', async () => {
    const orders = Array.from({ length: 50 }, newOrder)
    await Promise.all(orders.map((order) => reserve(order, { sku: 'MUG', quantity: 1 })))
    const facts = await Promise.all(orders.map(published))
    expect(facts.filter(([fact]) => fact === 'stock.reserved')).toHaveLength(10)
    expect(facts.filter(([fact]) => fact === 'stock.rejected')).toHaveLength(40)
    await Promise.all(orders.slice(0, 10).map(release))
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 0 })
  })

  test('cost the same few statements for two hundred orders as for one', async () => {
    const database = app.get(Database)
    const statements: string[] = []
    const original = database.transaction.bind(database)
    database.transaction = (work) =>
      original((tx) =>
        work({
          query: (sql, ...parameters) => {
            statements.push(sql)
            return tx.query(sql, ...parameters)
          },
          execute: (sql, ...parameters) => {
            statements.push(sql)
            return tx.execute(sql, ...parameters)
          },
        }),
      )
    try {
      const orders = Array.from({ length: 200 }, newOrder)
      await reserve(orders[0]!, { sku: 'BOWL', quantity: 1 })
      const forOne = statements.splice(0).length
      const skus = ['MUG', 'BOWL', 'VASE']
      await Promise.all(orders.slice(1).map((order, i) => reserve(order, { sku: skus[i % 3]!, quantity: 1 })))
      expect(statements.splice(0)).toHaveLength(forOne)
      await Promise.all(orders.map(release))
      expect(statements).toHaveLength(forOne)
    } finally {
      database.transaction = original
    }
    expect(await level('BOWL')).toMatchObject({ reserved: 0 })
  })
})

describe('every change of a level is an event', () => {
  test('of one transaction in one event for each product, which names every order and quantity', async () => {
    const { version } = await folded('MUG')
    const [a, b] = [newOrder(), newOrder()]
    await Promise.all([
      reserve(a, { sku: 'MUG', quantity: 3 }),
      reserve(b, { sku: 'MUG', quantity: 2 }, { sku: 'BOWL', quantity: 1 }),
      dispatch(a),
    ])
    const events = await readStream(app.get(Database), stockStream('MUG'), { from: version + 1 })
    expect(events).toMatchObject([
      {
        type: 'StockMoved',
        data: {
          movements: [
            { kind: 'reservation', quantity: 3, orderId: a },
            { kind: 'reservation', quantity: 2, orderId: b },
            { kind: 'dispatch', quantity: 3, orderId: a },
          ],
        },
        metadata: { correlationId: 'MUG' },
      },
    ])
    expect(await folded('MUG')).toEqual(await stored('MUG'))
  })

  test('and the level in the table is their sum at any moment, whoever changes it at once', async () => {
    const orders = Array.from({ length: 40 }, newOrder)
    const key = () => uuidFrom(`receipt ${++orderCount}`)
    const others = new GroupCommit(app.get(Database))
    const somewhereElse = { get: (): GroupCommit => others } as unknown as NestFastifyApplication
    let ended = false
    const watched = watch(() => ended)
    await Promise.all(
      orders.map(async (order, i) => {
        const at = i % 2 === 0 ? app : somewhereElse
        const ask = <T extends Type>(type: T, data: DataOf<T>) =>
          deliver(at, { service: 'inventory', handlers: consumers }, type, data)
        await ask('stock.reserve', { orderId: order, customerId, lines: [{ sku: 'BOWL', quantity: 1 + (i % 3) }] })
        if (i % 5 === 0)
          await http().post('/stock/BOWL/receipts').set('Idempotency-Key', key()).send({ quantity: 7 }).expect(201)
        await ask(i % 3 === 0 ? 'stock.release' : 'stock.dispatch', { orderId: order, customerId })
      }),
    ).finally(() => {
      ended = true
    })
    expect(await watched).toEqual([])
    expect(await folded('BOWL')).toEqual(await stored('BOWL'))
    const { version } = await folded('BOWL')
    expect(version).toBeGreaterThan(3)
  })

  test('and a level that changes without one is refused by the database', async () => {
    const change = app.get(Database).execute(`UPDATE stock_levels SET on_hand = on_hand + 1 WHERE sku = 'MUG'`)
    await expect(change).rejects.toThrow('the stock of MUG changes without an event')
  })
})

/** Compares sum and level in one snapshot, again and again; answers what did not agree. */
const watch = async (ended: () => boolean): Promise<unknown[]> => {
  const wrong: unknown[] = []
  do {
    const [row] = await app.get(Database).query<{ level: Quantities; version: number; events: StockEvent[] }>(
      `SELECT json_build_object('onHand', on_hand, 'reserved', reserved) AS level, version,
              (SELECT json_agg(json_build_object('type', type, 'data', data) ORDER BY events.version)
                 FROM events WHERE stream_id = 'stock-BOWL') AS events
         FROM stock_levels WHERE sku = 'BOWL'`,
    )
    const { level, version, events } = row!
    const sum = fold(stockHistory, events)
    if (JSON.stringify(sum) !== JSON.stringify(level) || events.length !== version) wrong.push({ row, sum })
  } while (!ended())
  return wrong
}

describe('GET /stock', () => {
  test('lists every product', async () => {
    const { body } = await http().get('/stock').expect(200)
    expect(body.items.map(({ sku }: { sku: string }) => sku)).toEqual(['BOWL', 'MUG', 'VASE'])
  })
  test('does not know what is not there', async () => {
    await http().get('/stock/NO-SUCH').expect(404)
  })
})

describe('the history of a product', () => {
  interface Movement {
    readonly version: number
    readonly at: string
    readonly kind: string
  }
  const movements = async (sku: string, query = '') =>
    (await http().get(`/stock/${sku}/movements${query}`).expect(200)).body as {
      items: Movement[]
      nextCursor: string | null
    }
  const allMovements = async (sku: string, limit: number): Promise<Movement[]> => {
    const items: Movement[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await movements(sku, `?limit=${limit}${cursor && `&cursor=${cursor}`}`)
      expect(page.items.length).toBeLessThanOrEqual(limit)
      items.push(...page.items)
      cursor = page.nextCursor
    }
    return items
  }

  test('has every movement, the youngest first, with what it goes back to and the level behind it', async () => {
    const [a, b] = [newOrder(), newOrder()]
    const returnId = uuidFrom(`return of ${a}`)
    const before = await level('BOWL')
    await Promise.all([reserve(a, { sku: 'BOWL', quantity: 3 }), reserve(b, { sku: 'BOWL', quantity: 2 })])
    await dispatch(a)
    await release(b)
    await command('stock.return', { orderId: a, customerId, returnId, lines: [{ sku: 'BOWL', quantity: 1 }] })
    const { body } = await http().post('/stock/BOWL/receipts').set('Idempotency-Key', 'h1').send({ quantity: 9 })
    const behind = (onHand: number, reserved: number) => ({ onHand, reserved, available: onHand - reserved })
    const version = before.version
    expect((await movements('BOWL')).items.slice(0, 7)).toMatchObject([
      { version: version + 5, kind: 'receipt', quantity: 9, receiptId: body.receiptId, ...behind(507, 0) },
      { version: version + 4, kind: 'return', quantity: 1, orderId: a, returnId, ...behind(498, 0) },
      { version: version + 3, kind: 'release', quantity: 2, orderId: b, ...behind(497, 0) },
      { version: version + 2, kind: 'dispatch', quantity: 3, orderId: a, ...behind(497, 2) },
      { version: version + 1, kind: 'reservation', quantity: 2, orderId: b, ...behind(500, 5) },
      { version: version + 1, kind: 'reservation', quantity: 3, orderId: a, ...behind(500, 3) },
      { version, kind: 'count', quantity: 500, ...behind(500, 0) },
    ])
    expect((await movements('BOWL')).items.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true)
  })

  test('comes page by page, whatever their size and wherever an event ends', async () => {
    await Promise.all(Array.from({ length: 7 }, () => reserve(newOrder(), { sku: 'MUG', quantity: 1 })))
    await http().post('/stock/MUG/receipts').set('Idempotency-Key', 'h2').send({ quantity: 1 }).expect(201)
    const all = await allMovements('MUG', 500)
    expect(all.length).toBeGreaterThan(8)
    expect(all.at(-1)).toMatchObject({ version: 1, kind: 'receipt', onHand: 10 })
    for (const limit of [1, 3, 7]) expect(await allMovements('MUG', limit)).toEqual(all)
  })

  test('is told as of any version and any instant, and adds up to the table', async () => {
    const now = await level('BOWL')
    const all = await allMovements('BOWL', 500)
    expect((await http().get(`/stock/BOWL?asOf=${now.version}`).expect(200)).body).toEqual(now)
    expect((await http().get('/stock/BOWL?asOf=2999-01-01T00:00:00Z').expect(200)).body).toEqual(now)
    for (const one of [1, Math.ceil(now.version / 2), now.version - 1]) {
      const { version, at: _, kind: __, ...last } = all.find(({ version }) => version === one)!
      const { body } = await http().get(`/stock/BOWL?asOf=${version}`).expect(200)
      expect(last).toMatchObject({ onHand: body.onHand, reserved: body.reserved, available: body.available })
      expect(body.version).toBe(version)
    }
    const { at } = all.at(-1)!
    expect((await http().get(`/stock/BOWL?asOf=${at}`).expect(200)).body.version).toBeGreaterThanOrEqual(1)
  })

  test('begins with the first event', async () => {
    for (const early of ['0', '1969-07-20T20:17:40Z']) {
      const { body } = await http().get(`/stock/BOWL?asOf=${early}`).expect(404)
      expect(body).toMatchObject({ type: 'urn:waybill:problem:no-stock-yet' })
    }
    await app.get(Database).execute(`INSERT INTO stock_levels VALUES ('EMPTY', 'Nothing yet', 0, 0)`)
    expect(await movements('EMPTY')).toEqual({ items: [], nextCursor: null })
    await http().get('/stock/EMPTY?asOf=1').expect(404)
    await app.get(Database).execute(`DELETE FROM stock_levels WHERE sku = 'EMPTY'`)
  })

  test('is read from its snapshots, where it is long, and adds up to the same', async () => {
    const database = app.get(Database)
    await database.execute(`INSERT INTO stock_levels VALUES ('LONG', 'Much asked for', 0, 0)`)
    const receive = (quantity: number) =>
      app.get(GroupCommit).submit({
        run: (uow) =>
          uow.part(Warehouse).move([{ sku: 'LONG', movement: { kind: 'receipt', quantity, receiptId: 'r' } }]),
      })
    for (let n = 1; n <= 230; n++) await receive(n % 7)
    const upTo = (version: number) => Array.from({ length: version }, (_, i) => (i + 1) % 7).reduce((sum, n) => sum + n)
    const kept = await database.query(
      `SELECT version, state FROM snapshots WHERE stream_id = 'stock-LONG' ORDER BY version`,
    )
    expect(kept).toEqual([100, 200].map((version) => ({ version, state: { onHand: upTo(version), reserved: 0 } })))
    const all = await allMovements('LONG', 50)
    expect(all).toHaveLength(230)
    // Nobody asks for what came before a snapshot.
    await database.execute(`DELETE FROM events WHERE stream_id = 'stock-LONG' AND version < 100`)
    for (const version of [100, 199, 200, 230])
      expect((await http().get(`/stock/LONG?asOf=${version}`).expect(200)).body).toMatchObject({
        onHand: upTo(version),
      })
    expect((await movements('LONG', '?limit=100')).items).toEqual(all.slice(0, 100))
    await database.execute(`DELETE FROM stock_levels WHERE sku = 'LONG'`)
  })

  test('refuses what makes no sense, and says what would', async () => {
    for (const bad of ['cursor=', 'cursor=7', 'cursor=0.1', 'cursor=1.0', 'limit=0', 'limit=501', 'before=1'])
      await http().get(`/stock/BOWL/movements?${bad}`).expect(400)
    for (const bad of ['asOf=', 'asOf=yesterday', 'asOf=-1', 'asof=1'])
      await http().get(`/stock/BOWL?${bad}`).expect(400)
    await http().get('/stock/NO-SUCH/movements').expect(404)
    await http().get('/stock/NO-SUCH?asOf=1').expect(404)
    expect((await http().get('/stock/BOWL/movements?cursor=7')).body.errors).toEqual([
      { pointer: '/cursor', detail: expect.stringContaining('nextCursor') },
    ])
  })
})

describe('POST /stock/:sku/receipts', () => {
  const receive = (sku: string, body: object, key: string) =>
    http().post(`/stock/${sku}/receipts`).set('Idempotency-Key', key).send(body)

  test('adds to the stock once, and says so', async () => {
    const answer = await receive('VASE', { quantity: 5 }, 'r1').expect(201)
    expect(answer.body).toMatchObject({ sku: 'VASE', quantity: 5, onHand: 5, reserved: 0, available: 5 })
    expect((await receive('VASE', { quantity: 5 }, 'r1').expect(201)).body).toEqual(answer.body)
    await receive('VASE', { quantity: 6 }, 'r1').expect(422)
    expect(await level('VASE')).toMatchObject({ onHand: 5 })
    expect(await published(answer.body.receiptId)).toEqual(['stock.received'])
  })
  test('refuses what makes no sense', async () => {
    await http().post('/stock/VASE/receipts').send({ quantity: 1 }).expect(400)
    await receive('VASE', { quantity: 0 }, 'r2').expect(400)
    await receive('NO-SUCH', { quantity: 1 }, 'r3').expect(404)
    await receive('no such', { quantity: 1 }, 'r4').expect(404)
    await http().get('/stock/%00').expect(400)
  })
  test('refuses what the warehouse has no room for, at nobody else’s expense', async () => {
    await count('MUG', 2_147_483_640)
    const splits = async () =>
      (await registry.getSingleMetric(metrics.database.groupSplits.name)!.get()).values[0]?.value
    const before = await splits()
    const answers = await Promise.all([
      receive('BOWL', { quantity: 1 }, 'full1'),
      receive('MUG', { quantity: 7 }, 'full2'),
      receive('MUG', { quantity: 1 }, 'full3'),
      receive('BOWL', { quantity: 1 }, 'full4'),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 422])
    const refusal = answers.find(({ status }) => status === 422)!
    expect(refusal.type).toBe('application/problem+json')
    expect(refusal.body).toMatchObject({ type: 'urn:waybill:problem:warehouse-full', status: 422 })
    expect(await level('BOWL')).toMatchObject({ onHand: 502 })
    expect(await splits()).toBe(before)
  })
})

test('a restart delivers nothing a second time, and new products once', async () => {
  const receipts = async () =>
    (await app.get(Database).query(`SELECT FROM outbox WHERE headers->>'ce_type' = 'stock.received'`)).length
  const before = await receipts()
  await dispatchOne()
  await app.close()
  await writeFile(join(folder, 'products.json'), JSON.stringify([...products, { sku: 'NEW', name: 'New', stock: 4 }]))
  await start()
  expect(await receipts()).toBe(before + 1)
  expect(await level('MUG')).toMatchObject({ onHand: 9 })
  expect(await level('NEW')).toMatchObject({ onHand: 4 })
})

const dispatchOne = async (): Promise<void> => {
  const order = newOrder()
  await reserve(order, { sku: 'MUG', quantity: 1 })
  await dispatch(order)
}
