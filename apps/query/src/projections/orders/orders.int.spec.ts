import { randomUUID } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConcurrencyConflict, Database, GroupCommit, UnitOfWork } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { PrismaClient } from '#prisma/query'
import { timelineOf } from '../../api/order-answer.ts'
import { OrdersController } from '../../api/orders.controller.ts'
import type { OrderViewFact } from './fold.ts'
import { OrderViews } from './projection.ts'

/** The one that the migrations begin with. */
const VERSION = 1

let server: TestDatabase
let database: Database
let prisma: PrismaClient
let orders: OrdersController
beforeAll(async () => {
  server = await testDatabase('query')
  database = new Database(server.url)
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: server.url }) })
  orders = new OrdersController(prisma)
})
afterAll(async () => {
  await prisma.$disconnect()
  await database.close()
  await server.drop()
})

const total = { amount: 890, currency: 'EUR' }
const items = [{ sku: 'MUG', name: 'Mug', quantity: 1, unitPrice: total, lineTotal: total }]

/** What is told of one order, each fact a second later than the one before. */
const factsOf = (orderId: string) => {
  let second = 0
  return (type: OrderViewFact['type'], data: object = {}): OrderViewFact =>
    ({
      id: randomUUID(),
      type,
      time: `2026-01-01T00:00:${String(second++).padStart(2, '0')}.000Z`,
      data: { orderId, customerId: 'cust-0001', total, amount: total, items, coordination: 'orchestrated', ...data },
    }) as unknown as OrderViewFact
}

const project = (...facts: OrderViewFact[]): Promise<void> =>
  new GroupCommit(database).submit({
    run: async (uow) => {
      const rows = new OrderViews(uow, VERSION)
      for (const fact of facts) rows.announce(fact)
      rows.prefetch()
      for (const fact of facts) await rows.apply(fact)
      await rows.flush(uow)
    },
  })

interface Row {
  readonly placed: { readonly items: unknown; readonly placedAt: string } | null
  readonly customerId: string | null
  readonly status: string
  readonly progress: { readonly payment: object }
  readonly timeline: string
}

const stored = async (orderId: string): Promise<Row> => {
  const [row] = await database.query<Row>(
    `SELECT placed, customer_id AS "customerId", status, progress, timeline FROM order_views WHERE order_id = $1::uuid`,
    orderId,
  )
  return row!
}
const idsIn = ({ timeline }: Row) => timelineOf(timeline).map(({ messageId }) => messageId)
const idsOf = (...facts: OrderViewFact[]) => facts.map(({ id }) => id)

test('each message counts once: in one unit of work, in a later one, and after newer ones', async () => {
  const orderId = randomUUID()
  const fact = factsOf(orderId)
  const [placed, confirmed, completed] = [fact('order.placed'), fact('order.confirmed'), fact('order.completed')]
  await project(placed, placed, confirmed)
  await project(completed)
  await project(confirmed, placed, completed)
  const row = await stored(orderId)
  expect(row.status).toBe('completed')
  expect(idsIn(row)).toEqual(idsOf(placed, confirmed, completed))
})

test('what order.placed said is there from then on, whatever came before or after it', async () => {
  const orderId = randomUUID()
  const fact = factsOf(orderId)
  const [placed, authorized, confirmed] = [fact('order.placed'), fact('payment.authorized'), fact('order.confirmed')]
  await project(authorized)
  expect(await stored(orderId)).toMatchObject({ placed: null, customerId: null })
  await expect(orders.get(orderId)).rejects.toMatchObject({ status: 404 })
  await project(placed)
  await project(confirmed)
  expect(await stored(orderId)).toMatchObject({
    customerId: 'cust-0001',
    placed: { items, placedAt: placed.time },
    status: 'confirmed',
    progress: { payment: { status: 'authorized', authorized: total.amount } },
  })
  expect(await orders.get(orderId)).toMatchObject({ orderId, status: 'confirmed', items })
})

test('an order is the same one however its id is written', async () => {
  const orderId = 'abcdefab-cdef-4bcd-8fab-cdefabcdef00'
  const fact = factsOf(orderId)
  const elsewhere = factsOf(orderId.toUpperCase())
  const [placed, authorized, captured] = [
    fact('order.placed'),
    elsewhere('payment.authorized'),
    fact('payment.captured'),
  ]
  await project(placed)
  await project(authorized, captured)
  expect(idsIn(await stored(orderId)).sort()).toEqual(idsOf(placed, authorized, captured).sort())
})

test('of two that begin the same order at the same time, one has to look again', async () => {
  const orderId = randomUUID()
  const fact = factsOf(orderId)
  const [placed, authorized] = [fact('order.placed'), fact('payment.authorized')]
  const bothRead = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const begin = (i: 0 | 1, first: OrderViewFact): Promise<void> =>
    database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, new Date())
      const rows = new OrderViews(uow, VERSION)
      await rows.apply(first)
      bothRead[i].resolve()
      await Promise.all(bothRead.map(({ promise }) => promise))
      await rows.flush(uow)
    })
  const outcomes = await Promise.allSettled([begin(0, placed), begin(1, authorized)])
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(lost.map(({ reason }) => reason)).toEqual([expect.any(ConcurrencyConflict)])
  await project(placed, authorized)
  expect(idsIn(await stored(orderId))).toEqual(idsOf(placed, authorized))
})
