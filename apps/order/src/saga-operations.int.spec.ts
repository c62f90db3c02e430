import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uuidFrom } from '#libs/contracts'
import { readStream } from '#libs/event-store'
import { type OrderApp, order, parcel, startOrderApp, total } from './order-app.fixture.ts'
import { saga } from './sagas.ts'

let app: OrderApp
beforeAll(async () => {
  app = await startOrderApp()
})
afterAll(() => app?.stop())

const reason = 'the phone says so'

/** What was done to the saga, and by whom: on the audit trail. */
const recorded = async (orderId: string) => {
  const { body } = await app.get('/internal/audit?limit=200').expect(200)
  return (body.items as { target: string }[]).filter(({ target }) => target === `saga/${orderId}`)
}

describe('retry', () => {
  test('asks the participant again at once, once per key, by name and on record', async () => {
    const orderId = await app.placed()
    await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(202)
    while (await app.silence(orderId));
    const asked = async () => (await app.sent(orderId)).filter((type) => type === 'payment.void').length
    const before = await asked()
    const path = `/sagas/${orderId}/steps/void-payment/retry`
    const first = await app.post(path, { reason }, { key: 'again' }).expect(202)
    expect(first.body).toEqual({ sagaId: orderId, accepted: 'retry', step: 'void-payment' })
    expect((await app.post(path, { reason }, { key: 'again' }).expect(202)).body).toEqual(first.body)
    await app.post(path, {}, { key: 'again' }).expect(422)

    expect(await asked()).toBe(before + 1)
    const events = await readStream(app.database, saga.stream(orderId))
    expect(events.slice(-2)).toMatchObject([
      { type: 'StepRetryRequested', metadata: { actor: 'operator:ann' } },
      { type: 'StepStarted', metadata: { actor: 'operator:ann' } },
    ])
    expect(await recorded(orderId)).toMatchObject([
      { actor: 'operator:ann', action: 'saga.retry', reason, outcome: 'done', detail: 'void-payment' },
      { actor: 'operator:ann', action: 'saga.compensate', reason, outcome: 'done' },
    ])
  })

  test('with a key that is forgotten is a new request, whose command is no duplicate', async () => {
    const orderId = await app.placed()
    await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(202)
    for (let i = 0; i < 2; i++) {
      while (await app.silence(orderId));
      await app.database.execute(`UPDATE idempotency_keys SET expires_at = now() - interval '1 second'`)
      await app.post(`/sagas/${orderId}/steps/void-payment/retry`, {}, { key: 'mine' }).expect(202)
    }
    const ids = (await app.outbox(orderId)).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('is refused while the command is under way, with the reason and on record', async () => {
    const orderId = await app.placed()
    const { body } = await app.post(`/sagas/${orderId}/steps/authorize-payment/retry`, {}).expect(409)
    expect(body).toMatchObject({ status: 409, type: 'urn:waybill:problem:under-way', reason: 'under_way' })
    const later = await app.post(`/sagas/${orderId}/steps/ship-order/retry`).expect(409)
    expect(later.body).toMatchObject({ reason: 'not_waiting' })
    expect(await recorded(orderId)).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }])
    expect(await app.sent(orderId)).toHaveLength(3)
  })
})

describe('compensate', () => {
  test('undoes everything and cancels the order, once', async () => {
    const orderId = await app.placed()
    await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(202)
    expect((await app.sent(orderId)).slice(3)).toEqual(['payment.void', 'stock.release'])
    const twice = await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(409)
    expect(twice.body).toMatchObject({ reason: 'already_undoing' })
    await app.receive(orderId, 'payment.voided', { amount: total })
    await app.receive(orderId, 'stock.released', { lines: order.items })
    const { body } = await app.get(`/orders/${orderId}`).expect(200)
    expect(body).toMatchObject({ status: 'cancelled', reason: 'operator_decision' })
    const late = await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(409)
    expect(late.body).toMatchObject({ reason: 'already_ended' })
  })

  test('comes too late for a parcel that has left', async () => {
    const orderId = await app.placed()
    await app.receive(orderId, 'payment.authorized', { authorizationId: 'a-1', amount: total })
    await app.receive(orderId, 'stock.reserved', { lines: order.items })
    await app.receive(orderId, 'payment.captured', { captureId: 'c-1', amount: total })
    await app.receive(orderId, 'shipment.dispatched', parcel)
    const { body } = await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(409)
    expect(body).toMatchObject({ reason: 'already_dispatched' })
  })
})

test('skip takes the word for what the warehouse does in any case, and for nothing that money hangs on', async () => {
  const orderId = await app.placed()
  await app.post(`/sagas/${orderId}/compensate`, { reason }).expect(202)
  while (await app.silence(orderId));
  const stuck = async () =>
    (await app.get('/sagas?state=needs_attention&step=release-stock').expect(200)).body.items.map(
      ({ sagaId }: { sagaId: string }) => sagaId,
    )
  expect(await stuck()).toContain(orderId)

  const refused = await app.post(`/sagas/${orderId}/steps/void-payment/skip`, { reason }).expect(409)
  expect(refused.body).toMatchObject({ reason: 'not_to_be_vouched_for' })
  await app.post(`/sagas/${orderId}/steps/release-stock/skip`, { reason }).expect(202)
  expect(await stuck()).not.toContain(orderId)
  await app.post(`/sagas/${orderId}/steps/void-payment/retry`, {}).expect(202)
  await app.receive(orderId, 'payment.voided', { amount: total })
  const { body } = await app.get(`/orders/${orderId}/saga`).expect(200)
  expect(body.state).toBe('compensated')
  expect(body.steps).toContainEqual(
    expect.objectContaining({ name: 'release-stock', status: 'succeeded', vouchedFor: reason }),
  )
})

test('what is malformed or unknown is told apart', async () => {
  const orderId = await app.placed()
  await app.post(`/sagas/${uuidFrom('nobody')}/compensate`, { reason }).expect(404)
  await app.post('/sagas/nonsense/compensate', { reason }).expect(404)
  await app.post(`/sagas/${orderId}/steps/dance/retry`, {}).expect(404)
  for (const body of [{}, { reason: ' ' }, { reason: 7 }, { reason, more: 1 }]) {
    await app.post(`/sagas/${orderId}/compensate`, body).expect(400)
    await app.post(`/sagas/${orderId}/steps/release-stock/skip`, body).expect(400)
  }
  await app.post(`/sagas/${orderId}/compensate`, { reason }, { key: '' }).expect(400)
  expect(await app.sent(orderId)).toHaveLength(3)
})

describe('the list', () => {
  test('is narrowed by type, step and age, and counted by state', async () => {
    const old = await app.placed()
    await app.database.execute(
      `UPDATE sagas SET started_at = '2020-01-01', updated_at = '2020-01-02' WHERE saga_id = $1`,
      old,
    )
    const ids = async (query: string) =>
      (await app.get(`/sagas?limit=200&${query}`).expect(200)).body.items.map(
        ({ sagaId }: { sagaId: string }) => sagaId,
      )
    expect(await ids('startedBefore=2020-01-01T00:00:00.001Z')).toEqual([old])
    expect(await ids('startedBefore=2020-01-01T00:00:00Z')).toEqual([])
    expect(await ids('updatedBefore=2021-01-01T00:00:00Z&type=fulfilment&step=reserve-stock')).toEqual([old])
    expect(await ids('updatedBefore=2021-01-01T00:00:00Z&step=ship-order')).toEqual([])

    const counts = async (query: string) => (await app.get(`/sagas/counts?${query}`).expect(200)).body
    expect(await counts('updatedBefore=2021-01-01T00:00:00Z')).toEqual({
      items: ['running', 'completed', 'compensating', 'compensated', 'needs_attention'].map((state) => ({
        state,
        count: state === 'running' ? 1 : 0,
      })),
      total: 1,
    })
    const all = await counts('')
    expect(all.total).toBe((await ids('')).length)
    for (const query of ['step=dance', 'type=dance', 'startedBefore=yesterday', 'age=7', 'state=lost'])
      for (const list of ['/sagas', '/sagas/counts']) await app.get(`${list}?${query}`).expect(400)
  })
})
