import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OrderApp, startOrderApp } from './order-app.fixture.ts'

let app: OrderApp
beforeAll(async () => {
  app = await startOrderApp()
})
afterAll(() => app?.stop())

const reason = 'to see who reads it'
const id = randomUUID()
const headers = {
  ...{ ce_id: id, ce_type: 'payment.capture', ce_source: '/test', ce_subject: id, ce_time: '2026-01-01T00:00:00Z' },
  ...{ correlationid: id, causationid: id },
}
const capture = { key: 'cust-0001', value: JSON.stringify({ orderId: id, customerId: 'cust-0001' }), headers, reason }

const waiting = (topic: string) =>
  app.database.query<{ key: string; value: string; headers: object }>(
    'SELECT key, value, headers FROM outbox WHERE topic = $1 ORDER BY id',
    topic,
  )

test('a test message waits in the outbox once per key, says whose it is, and is on record', async () => {
  const first = await app.post('/topics/payment-commands/messages', capture, { key: 'mine' }).expect(202)
  expect(first.body).toEqual({ topic: 'payment-commands', key: 'cust-0001', reading: { readable: true } })
  const again = await app.post('/topics/payment-commands/messages', capture, { key: 'mine' }).expect(202)
  expect(again.body).toEqual(first.body)
  await app.post('/topics/payment-commands/messages', { ...capture, key: 'other' }, { key: 'mine' }).expect(422)
  expect(await waiting('payment-commands')).toMatchObject([
    { key: 'cust-0001', value: capture.value, headers: { ...headers, testmessage: 'operator:ann' } },
  ])
  const { body } = await app.get('/internal/audit?target=topic/').expect(200)
  expect(body.items).toMatchObject([
    {
      ...{ actor: 'operator:ann', action: 'message.produce', target: 'topic/payment-commands', reason },
      ...{ outcome: 'done', detail: 'payment.capture, key cust-0001' },
    },
  ])
})

test('it may be wrong on purpose, and the answer says what will be made of it', async () => {
  const wrong = await app.post('/topics/orders/messages', { key: 'k', value: 'garbage', reason }).expect(202)
  expect(wrong.body.reading).toMatchObject({ readable: false, reason: 'missing_header' })
  const lost = await app.post('/topics/orders/messages', capture).expect(202)
  expect(lost.body.reading).toMatchObject({ readable: false, reason: 'unknown_type' })
})

test('a payment token goes nowhere unless it is sealed, and a topic that is not ours gets nothing', async () => {
  const paid = (token: string) => ({ ...capture, value: JSON.stringify({ payment: { token } }) })
  const refused = await app.post('/topics/orders/messages', paid('tok_ok')).expect(400)
  expect(refused.body.errors).toMatchObject([{ pointer: '/value' }])
  await app.post('/topics/orders/messages', paid('****')).expect(202)
  await app.post('/topics/orders/messages', paid('sealed.abc')).expect(202)
  const elsewhere = await app.post('/topics/__consumer_offsets/messages', capture).expect(404)
  expect(elsewhere.body.detail).toContain('payment-commands')
  for (const bad of [
    { ...capture, reason: ' ' },
    { ...capture, key: '' },
    { ...capture, headers: { 'a b': 'c' } },
  ])
    await app.post('/topics/orders/messages', bad).expect(400)
})
