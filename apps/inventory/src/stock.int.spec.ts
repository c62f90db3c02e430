import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { describe, expect, test } from 'vitest'
import { uuidFrom } from '#libs/contracts'
import { GroupCommit } from '#libs/database'
import { fold } from '#libs/decider'
import { readStream } from '#libs/event-store'
import { metrics, registry } from '#libs/observability'
import { type Quantities, type StockEvent, stockHistory, stockStream } from './domain/movements.ts'
import { customerId, InventoryUnderTest } from './inventory.fixture.ts'
import { Warehouse } from './warehouse.ts'

const at = new InventoryUnderTest()
const { http, count, newOrder, command, reserve, release, dispatch, published, folded, stored, level } = at

describe('every change of a level is an event', () => {
  test('of one transaction in one event for each product, which names every order and quantity', async () => {
    const { version } = await folded('MUG')
    const [a, b] = [newOrder(), newOrder()]
    await Promise.all([
      reserve(a, { sku: 'MUG', quantity: 3 }),
      reserve(b, { sku: 'MUG', quantity: 2 }, { sku: 'BOWL', quantity: 1 }),
      dispatch(a),
    ])
    const events = await readStream(at.database, stockStream('MUG'), { from: version + 1 })
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
    const others = new GroupCommit(at.database)
    const somewhereElse = { get: (): GroupCommit => others } as unknown as NestFastifyApplication
    let ended = false
    const watched = watch(() => ended)
    await Promise.all(
      orders.map(async (order, i) => {
        const process = i % 2 === 0 ? at.app : somewhereElse
        const about = { orderId: order, customerId }
        await command('stock.reserve', { ...about, lines: [{ sku: 'BOWL', quantity: 1 + (i % 3) }] }, process)
        if (i % 5 === 0)
          await http().post('/stock/BOWL/receipts').set('Idempotency-Key', `at ${i}`).send({ quantity: 7 }).expect(201)
        await command(i % 3 === 0 ? 'stock.release' : 'stock.dispatch', about, process)
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
    const change = at.database.execute(`UPDATE stock_levels SET on_hand = on_hand + 1 WHERE sku = 'MUG'`)
    await expect(change).rejects.toThrow('the stock of MUG changes without an event')
  })
})

/** Compares sum and level in one snapshot, again and again; answers what did not agree. */
const watch = async (ended: () => boolean): Promise<unknown[]> => {
  const wrong: unknown[] = []
  do {
    const [row] = await at.database.query<{ level: Quantities; version: number; events: StockEvent[] }>(
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
    await at.database.execute(`INSERT INTO stock_levels VALUES ('EMPTY', 'Nothing yet', 0, 0)`)
    expect(await movements('EMPTY')).toEqual({ items: [], nextCursor: null })
    await http().get('/stock/EMPTY?asOf=1').expect(404)
    await at.database.execute(`DELETE FROM stock_levels WHERE sku = 'EMPTY'`)
  })

  test('is read from its snapshots, where it is long, and adds up to the same', async () => {
    const database = at.database
    await database.execute(`INSERT INTO stock_levels VALUES ('LONG', 'Much asked for', 0, 0)`)
    const receive = (quantity: number) =>
      at.app.get(GroupCommit).submit({
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
