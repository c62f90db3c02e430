import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConcurrencyConflict, Database, GroupCommit, UnitOfWork } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { type BegunNotification, type Notification, Notifications } from './notifications.ts'

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

const notification = (orderId: string, kind: Notification['kind']): BegunNotification => ({
  notificationId: randomUUID(),
  orderId,
  customerId: 'cust-0001',
  kind,
  channel: 'email',
  to: 'ada@example.com',
  ...{ priority: 'normal', status: 'pending', isReleased: true },
})

const begin = (...notifications: BegunNotification[]): Promise<boolean[]> =>
  new GroupCommit(database).submit({
    announce: (uow) => {
      for (const one of notifications) uow.part(Notifications).announce(one)
    },
    run: async (uow) => {
      const news: boolean[] = []
      for (const one of notifications) {
        const isNews = await uow.part(Notifications).isNews(one)
        if (isNews) uow.part(Notifications).begin(one)
        news.push(isNews)
      }
      return news
    },
  })

test('a notification is begun once per order and kind: in one unit of work, in a later one, and however its id is written', async () => {
  const orderId = randomUUID()
  const confirmed = notification(orderId, 'order_confirmed')
  expect(await begin(confirmed, confirmed, notification(orderId, 'order_shipped'))).toEqual([true, false, true])
  expect(await begin(notification(orderId, 'order_confirmed'))).toEqual([false])
  expect(await begin(notification(orderId.toUpperCase(), 'order_shipped'))).toEqual([false])
  expect(await begin(notification(orderId, 'order_completed'))).toEqual([true])
})

test('what is told of a return is begun once per kind and return, and an order may have several', async () => {
  const orderId = randomUUID()
  const [first, second] = [randomUUID(), randomUUID()]
  const of = (returnId: string, kind: Notification['kind']) => ({ ...notification(orderId, kind), returnId })
  expect(
    await begin(of(first, 'return_requested'), of(second, 'return_requested'), of(first, 'return_requested')),
  ).toEqual([true, true, false])
  expect(await begin(of(second, 'return_requested'), of(second, 'return_received'))).toEqual([false, true])
})

test('of two that begin the same at the same time, one has to look again', async () => {
  const orderId = randomUUID()
  const bothRead = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const run = (i: 0 | 1): Promise<void> =>
    database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, new Date())
      const confirmed = notification(orderId, 'order_confirmed')
      expect(await uow.part(Notifications).isNews(confirmed)).toBe(true)
      uow.part(Notifications).begin(confirmed)
      bothRead[i].resolve()
      await Promise.all(bothRead.map(({ promise }) => promise))
      await uow.flush()
    })
  const outcomes = await Promise.allSettled([run(0), run(1)])
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(lost.map(({ reason }) => reason)).toEqual([expect.any(ConcurrencyConflict)])
})
