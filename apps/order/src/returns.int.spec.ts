import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { deliver } from '#libs/testing'
import { consumers } from './consumers.ts'
import type { ReturnFact } from './domain/returns/return-answers.ts'
import { type OrderApp, order, parcel, startOrderApp, total } from './order-app.fixture.ts'

let app: OrderApp
beforeAll(async () => {
  app = await startOrderApp()
})
afterAll(() => app?.stop())

const mugs = (quantity: number) => [{ sku: 'MUG-WHITE-330', quantity }]
const { customerId } = order

const delivered = async (): Promise<string> => {
  const orderId = await app.placed()
  await app.receive(orderId, 'payment.authorized', { authorizationId: 'a', amount: total })
  await app.receive(orderId, 'stock.reserved', { lines: order.items })
  await app.receive(orderId, 'payment.captured', { captureId: 'c', amount: total })
  await app.receive(orderId, 'shipment.booked', parcel)
  await app.receive(orderId, 'shipment.dispatched', parcel)
  await app.receive(orderId, 'stock.dispatched', { lines: order.items })
  await app.receive(orderId, 'shipment.delivered', parcel)
  return orderId
}
const wish = (orderId: string, items: object[], key?: string) =>
  app.post(`/orders/${orderId}/returns`, { items, reason: 'too small' }, key === undefined ? {} : { key })
let received = 0
/** A participant tells something about a return. */
const receive = async <T extends ReturnFact['type']>(
  orderId: string,
  returnId: string,
  type: T,
  more: Omit<DataOf<T>, 'orderId' | 'customerId' | 'returnId'>,
) => {
  const fact = { orderId, customerId, returnId, ...more } as never
  const id = uuidFrom(`return fact ${++received}`)
  return deliver(app.app, { service: 'order', handlers: consumers }, type, fact, id)
}

describe('a return', () => {
  test('is asked for once per key, followed, and ends with what it is worth paid back', async () => {
    const orderId = await delivered()
    const { body, headers } = await wish(orderId, mugs(1), 'mine').expect(202)
    const { returnId } = body
    expect(headers.location).toBe(`/api/orders/${orderId}/returns/${returnId}`)
    expect((await wish(orderId, mugs(1), 'mine').expect(202)).body).toEqual(body)
    const path = `/orders/${orderId}/returns/${returnId}`
    expect((await app.get(path).expect(200)).body).toMatchObject({ status: 'requested', items: mugs(1) })

    await receive(orderId, returnId, 'return.label-issued', { shipmentId: 's', trackingNumber: 'T2' })
    await receive(orderId, returnId, 'return.received', {})
    await receive(orderId, returnId, 'return.inspected', { accepted: mugs(1), refused: [] })
    await receive(orderId, returnId, 'stock.returned', { lines: mugs(1) })
    const price = { amount: 890, currency: 'EUR' }
    await receive(orderId, returnId, 'payment.return-refunded', { refundId: 'r', amount: price })
    const sent = (await app.sent(orderId)).filter((type) => type.includes('return'))
    expect(sent).toEqual([
      'order.return-requested',
      'return.issue-label',
      'order.return-label-issued',
      'order.return-received',
      'return.inspect',
      'order.return-inspected',
      'stock.return',
      'payment.refund-return',
      'order.return-ended',
    ])
    const one = (await app.get(path).expect(200)).body
    expect(one).toMatchObject({ status: 'completed', trackingNumber: 'T2', returned: mugs(1), refunded: price })
    expect((await app.get(`/orders/${orderId}/returns`).expect(200)).body.items).toEqual([one])
    const whole = (await app.get(`/orders/${orderId}`).expect(200)).body
    expect(whole).toMatchObject({ status: 'completed', payment: { status: 'captured', refunded: price } })
    expect(whole.items[0]).toMatchObject({ sku: 'MUG-WHITE-330', returned: 1 })
    const { body: trail } = await app.get('/internal/audit?limit=200').expect(200)
    const shown = (await app.personal.reveal(trail)) as typeof trail
    expect(shown.items).toContainEqual(
      expect.objectContaining({ action: 'order.return', target: `order/${orderId}`, reason: 'too small' }),
    )
  })

  test('is of what was delivered, and of no piece twice, however many ask at once', async () => {
    const young = await app.placed()
    expect((await wish(young, mugs(1)).expect(409)).body).toMatchObject({ reason: 'not_delivered' })
    const orderId = await delivered()
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await wish(orderId, mugs(1))).status))
    expect(answers.toSorted()).toEqual([202, 202, 409, 409])
    const { body } = await wish(orderId, [...mugs(1), { sku: 'CHOCO-DARK-100', quantity: 1 }]).expect(409)
    expect(body).toMatchObject({
      reason: 'not_returnable',
      lines: [{ sku: 'MUG-WHITE-330', quantity: 1, returnable: 0 }],
    })
    await app.get(`/orders/${orderId}/returns/${orderId}`).expect(404)
    await wish(uuidFrom('nowhere'), mugs(1)).expect(404)
    await wish(orderId, []).expect(400)
  })

  test('of several at once, what happens to one is appended after what happens to the others', async () => {
    const orderId = await delivered()
    const ids: string[] = []
    for (let n = 0; n < 2; n++) ids.push((await wish(orderId, mugs(1)).expect(202)).body.returnId)
    await Promise.all(
      ids.map((id) => receive(orderId, id, 'return.label-issued', { shipmentId: `s-${id}`, trackingNumber: 'T' })),
    )
    await Promise.all(ids.map((id) => receive(orderId, id, 'return.lost', {})))
    const { items } = (await app.get(`/orders/${orderId}/returns`).expect(200)).body
    expect(items.map(({ status }: { status: string }) => status)).toEqual(['label_issued', 'label_issued'])
    expect((await app.sent(orderId)).filter((type) => type === 'payment.refund-return')).toHaveLength(2)
  })

  test('and its saga can be seen as they were at any version or instant', async () => {
    const orderId = await delivered()
    const young = (await app.get(`/orders/${orderId}/events`)).body.items.length
    const { returnId } = (await wish(orderId, mugs(1)).expect(202)).body
    const look = async () => {
      const at = (address: string) => app.get(address).expect(200)
      const [one, saga] = [await at(`/orders/${orderId}/returns/${returnId}`), await at(`/sagas/${returnId}`)]
      const { wakeAt: _, ...steps } = saga.body
      const [row] = await app.database.query<{ version: number; at: Date }>(
        `SELECT version, updated_at AS at FROM sagas WHERE type = 'return' AND saga_id = $1`,
        returnId,
      )
      const versions = { order: (await at(`/orders/${orderId}/events`)).body.items.length, saga: row!.version }
      return { at: row!.at, versions, one: one.body, steps }
    }
    const history = [await look()]
    const price = { amount: 890, currency: 'EUR' }
    for (const tell of [
      () => receive(orderId, returnId, 'return.label-issued', { shipmentId: 's', trackingNumber: 'T2' }),
      () => receive(orderId, returnId, 'return.received', {}),
      () => receive(orderId, returnId, 'return.inspected', { accepted: mugs(1), refused: [] }),
      () => receive(orderId, returnId, 'stock.returned', { lines: mugs(1) }),
      () => receive(orderId, returnId, 'payment.return-refunded', { refundId: 'r', amount: price }),
    ]) {
      await tell()
      history.push(await look())
    }
    const asOf = async (address: string, moment: string | number) => {
      const { wakeAt: _, ...was } = (await app.get(`${address}?asOf=${moment}`).expect(200)).body
      return was
    }
    for (const { at, versions, one, steps } of history) {
      // Of those of one instant, and of one version of the order, the last is what there was.
      const last = history.findLast((then) => then.at.getTime() === at.getTime())!
      expect(await asOf(`/orders/${orderId}/returns/${returnId}`, at.toISOString())).toEqual(last.one)
      expect(await asOf(`/orders/${orderId}/returns`, at.toISOString())).toEqual({ items: [last.one] })
      expect(await asOf(`/sagas/${returnId}`, at.toISOString())).toEqual(last.steps)
      expect(await asOf(`/orders/${orderId}/returns/${returnId}`, versions.order)).toEqual(one)
      expect(await asOf(`/sagas/${returnId}`, versions.saga)).toEqual(steps)
    }
    const before = await app.get(`/orders/${orderId}/returns/${returnId}?asOf=${young}`).expect(404)
    expect(before.body.detail).toContain(`at its version ${young}`)
    expect(await asOf(`/orders/${orderId}/returns`, young)).toEqual({ items: [] })
    for (const address of [
      `/orders/${orderId}/returns/${returnId}`,
      `/orders/${orderId}/returns`,
      `/sagas/${returnId}`,
    ])
      await app.get(`${address}?asOf=0`).expect(404)
    for (const bad of ['yesterday', '', '-1'])
      expect((await app.get(`/orders/${orderId}/returns/${returnId}?asOf=${bad}`).expect(400)).body.errors).toEqual([
        { pointer: '/asOf', detail: expect.stringContaining('a version number') },
      ])
    await app.get(`/sagas/${returnId}?upTo=1`).expect(400)
  })

  test('nobody knows is a dead letter', async () => {
    const refused = await receive(await delivered(), uuidFrom('no return'), 'return.received', {})
    expect(refused).toMatchObject({ refused: 'unknown_return' })
  })
})

describe('operators', () => {
  test('see the sagas of returns among the others, and have them called off where that is possible', async () => {
    const orderId = await delivered()
    const { returnId } = (await wish(orderId, mugs(1)).expect(202)).body
    const { body: list } = await app.get('/sagas?type=return&step=fetch-parcel&limit=200').expect(200)
    expect(list.items).toContainEqual(
      expect.objectContaining({ sagaId: returnId, orderId, type: 'return', state: 'running' }),
    )
    expect((await app.get(`/sagas/${returnId}`).expect(200)).body).toMatchObject({
      steps: [{ name: 'fetch-parcel', status: 'running', attempts: 1 }],
    })
    expect((await app.get(`/sagas/${orderId}`).expect(200)).body).toMatchObject({ type: 'fulfilment' })
    const skip = await app.post(`/sagas/${returnId}/steps/fetch-parcel/skip`, { reason: 'x' }).expect(409)
    expect(skip.body.reason).toBe('not_to_be_vouched_for')
    await app.post(`/sagas/${returnId}/steps/capture-payment/retry`, {}).expect(404)
    await app.post(`/sagas/${returnId}/compensate`, { reason: 'a mistake' }).expect(202)
    expect((await app.sent(orderId)).at(-1)).toBe('return.cancel')
    await receive(orderId, returnId, 'return.cancelled', {})
    expect((await app.get(`/orders/${orderId}/returns/${returnId}`).expect(200)).body.status).toBe('cancelled')
    expect((await app.post(`/sagas/${returnId}/compensate`, { reason: 'x' }).expect(409)).body.reason).toBe(
      'already_ended',
    )
    await wish(orderId, mugs(2)).expect(202)
  })
})
