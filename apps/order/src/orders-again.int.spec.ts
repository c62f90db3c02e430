import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnyMessage, decode } from '#libs/contracts'
import { GroupCommit } from '#libs/database'
import { type OrderApp, order, startOrderApp } from './order-app.fixture.ts'
import { ordersAgain } from './orders-again.ts'

let before: OrderApp
let after: OrderApp
beforeAll(async () => {
  before = await startOrderApp()
  after = await startOrderApp()
})
afterAll(async () => {
  await before?.stop()
  await after?.stop()
})

/** What was said in a transaction, as it would be read from its topic. */
const said = async (orderId: string): Promise<AnyMessage[]> => {
  const rows = await before.database.query<{ key: string; value: string; headers: Record<string, string> }>(
    `SELECT key, value, headers FROM outbox WHERE headers->>'correlationid' = $1 ORDER BY id`,
    orderId,
  )
  return rows.map(({ key, value, headers }) => {
    const decoded = decode({ key: Buffer.from(key), value: Buffer.from(value), headers })
    if (!decoded.ok) throw new Error(decoded.detail)
    return decoded.message
  })
}

test.each(['orchestrated', 'choreographed'] as const)(
  'an order that is known from the topics alone is placed again, and says again what it said: %s',
  async (coordination) => {
    const { orderId } = (
      await before
        .http()
        .post('/orders')
        .set('Idempotency-Key', coordination)
        .send({ ...order, coordination })
        .expect(201)
    ).body
    await before.http().post(`/orders/${orderId}/cancel`).expect(202)
    const messages = await said(orderId)
    const groupCommit = new GroupCommit(after.database)
    expect(await ordersAgain(groupCommit, messages, messages)).toEqual({
      placed: 1,
      cancelled: 1,
      unpaid: 0,
      returns: 0,
    })
    const ids = (app: OrderApp) => app.outbox(orderId).then((rows) => rows.map(({ type, id }) => `${type} ${id}`))
    expect(await ids(after)).toEqual(await ids(before))
    // Doing it twice changes nothing.
    expect(await ordersAgain(groupCommit, messages, messages)).toMatchObject({ placed: 0 })
    expect(await ids(after)).toEqual(await ids(before))
  },
)
