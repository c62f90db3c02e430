import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OrderApp, order, parcel, startOrderApp, total } from './order-app.fixture.ts'

let app: OrderApp
beforeAll(async () => {
  app = await startOrderApp()
})
afterAll(() => app?.stop())

const { customerId } = order
const STREET = 'Rue du Perroquet 4711'
const WISH = 'too small for Wilhelmina'
const asked = { ...order, shippingAddress: { ...order.shippingAddress, line1: STREET } }
const erase = (key?: string) =>
  app.post(`/customers/${customerId}/erasure`, { reason: 'was asked to' }, { ...(key && { key }) })

/** Every row of every table, as text. */
const rows = async (): Promise<string> => {
  const tables = await app.database.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  )
  const texts = tables.map(({ name }) => app.database.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`))
  return (await Promise.all(texts))
    .flat()
    .map(({ text }) => text)
    .join('\n')
}

test('an address is never in a row in clear, is opened with the key, and with nothing once that is destroyed', async () => {
  const { orderId } = (await app.post('/orders', asked).expect(201)).body
  await app.post('/customers/nobody/erasure', {}).expect(400)
  const refused = await erase().expect(409)
  expect(refused.body).toMatchObject({ type: 'urn:waybill:problem:orders-under-way', orders: [orderId] })

  await app.receive(orderId, 'payment.authorized', { authorizationId: 'a', amount: total })
  await app.receive(orderId, 'stock.reserved', { lines: order.items })
  await app.receive(orderId, 'payment.captured', { captureId: 'c', amount: total })
  await app.receive(orderId, 'shipment.booked', parcel)
  await app.receive(orderId, 'shipment.dispatched', parcel)
  await app.receive(orderId, 'stock.dispatched', { lines: order.items })
  await app.receive(orderId, 'shipment.delivered', parcel)
  const { returnId } = (
    await app.post(`/orders/${orderId}/returns`, { items: [{ sku: 'MUG-WHITE-330', quantity: 1 }], reason: WISH })
  ).body
  await erase().expect(409)
  await app.database.execute(`UPDATE sagas SET status = 'completed' WHERE saga_id = $1`, returnId)

  const history = async () => (await app.get(`/orders/${orderId}/events`).expect(200)).body
  const text = await rows()
  expect(text).toContain('personal.v1.cust-0001.')
  for (const secret of [STREET, 'Wilhelmina']) expect(text).not.toContain(secret)
  const shown = JSON.stringify(await app.personal.reveal(await history()))
  for (const secret of [STREET, 'Wilhelmina']) expect(shown).toContain(secret)

  const { body } = await erase('once').expect(200)
  expect((await erase('once').expect(200)).body).toEqual(body)
  expect((await erase().expect(200)).body.erasedAt).toBe(body.erasedAt)
  const gone = JSON.stringify(await app.personal.reveal(await history()))
  expect(gone).toContain('"line1":"erased"')
  for (const secret of [STREET, 'Wilhelmina']) expect(gone).not.toContain(secret)
  expect((await app.get(`/orders/${orderId}`).expect(200)).body).toMatchObject({ status: 'completed', total })
  await app.post('/orders', asked).expect(410)
  const [entry] = await app.database.query(
    `SELECT actor, target, reason FROM audit_entries WHERE action = 'customer.erase'`,
  )
  expect(entry).toEqual({ actor: 'operator:ann', target: `customers/${customerId}`, reason: 'was asked to' })
})
