import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { Answers } from '../answers.ts'
import { Store } from '../store/store.ts'
import { startSimulators, temporaryDirectory } from '../testing/simulators.ts'
import type { ShipmentEvent } from './shipment.ts'

/** A callback that records what it accepts and answers with `status`. */
const startCallback = async () => {
  const callback = { status: 204, unwanted: '', refused: 0, batches: [] as ShipmentEvent[][], url: '' }
  const server = createServer(async (request, response) => {
    const { events } = (await json(request)) as { events: ShipmentEvent[] }
    if (events.some(({ orderId }) => orderId === callback.unwanted)) return response.writeHead(400).end()
    if (callback.status === 204) callback.batches.push(events)
    else callback.refused++
    response.writeHead(callback.status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  callback.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`
  return Object.assign(callback, {
    events: () => callback.batches.flat(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  })
}

const booking = (callbackUrl: string, orderId = 'order-1', postalCode = '22100') => ({
  orderId,
  address: { name: 'Ada', line1: 'Street 1', city: 'Lund', postalCode, country: 'SE' },
  lines: [{ sku: 'MUG-WHITE-330', quantity: 2 }],
  callbackUrl,
})

describe('carrier', () => {
  test('books once for a key and tells the callback of dispatch and delivery, in order', async () => {
    await using directory = await temporaryDirectory()
    await using callback = await startCallback()
    await using simulators = await startSimulators(directory.path)
    await simulators.put('/carrier/settings', { dispatchMs: 0, deliveryMs: 1 })
    const [first, twin] = await Promise.all([
      simulators.post('/carrier/shipments', 'k', booking(callback.url)),
      simulators.post('/carrier/shipments', 'k', booking(callback.url)),
    ])
    expect(first).toMatchObject({ status: 201, body: { status: 'booked', trackingNumber: expect.any(String) } })
    expect(twin).toEqual(first)
    await expect.poll(() => callback.events().map(({ type }) => type)).toEqual(['dispatched', 'delivered'])
    const { shipmentId, trackingNumber } = first!.body
    expect(callback.events()[0]).toEqual({
      eventId: `${shipmentId}-dispatched`,
      type: 'dispatched',
      shipmentId,
      orderId: 'order-1',
      trackingNumber,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
    const { items } = (await simulators.get('/carrier/shipments?orderId=order-1')).body
    expect(items).toMatchObject([{ shipmentId, trackingNumber, status: 'delivered' }])
    expect(items[0].acknowledged).toBeUndefined()
  })

  test('gives who asks again from another address the same parcel, and no other one for its key', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    const book = (callbackUrl: string, postalCode?: string) =>
      simulators.post('/carrier/shipments', 'k', booking(callbackUrl, 'order-1', postalCode))
    const first = await book('http://127.0.0.1:9/here')
    expect(first.status).toBe(201)
    expect(await book('http://127.0.0.1:9/there')).toEqual(first)
    expect(await book('http://127.0.0.1:9/here', '10115')).toMatchObject({
      status: 422,
      body: { code: 'idempotency_key_reused' },
    })
  })

  test('knows what was booked with an earlier version, which compared the address of reports as well', async () => {
    await using directory = await temporaryDirectory()
    const [url, answer] = ['http://127.0.0.1:9/here', { status: 201, body: { trackingNumber: 'WB1' } } as const]
    const store = Store.open(join(directory.path, 'simulators.db'))
    const fingerprint = hash('sha256', JSON.stringify(booking(url)), 'base64url').slice(0, 22)
    await store.write(() =>
      new Answers(store, 'carrier').save({ idempotencyKey: 'k', fingerprint, answer }, Date.now()),
    )
    await store.close()
    await using simulators = await startSimulators(directory.path)
    expect(await simulators.post('/carrier/shipments', 'k', booking(url))).toMatchObject(answer)
  })

  test('many at once share batches', async () => {
    await using directory = await temporaryDirectory()
    await using callback = await startCallback()
    await using simulators = await startSimulators(directory.path)
    await simulators.put('/carrier/settings', { dispatchMs: 0, deliveryMs: 0, latencyMs: 0 })
    callback.status = 503
    const keys = Array.from({ length: 150 }, (_, n) => `key-${n}`)
    await Promise.all(keys.map((key) => simulators.post('/carrier/shipments', key, booking(callback.url, key))))
    await expect.poll(() => callback.refused).toBeGreaterThan(1)
    callback.status = 204
    await expect.poll(() => callback.events().length).toBe(300)
    expect(Math.max(...callback.batches.map((events) => events.length))).toBe(200)
    for (const key of keys)
      expect(callback.events().flatMap(({ orderId, type }) => (orderId === key ? [type] : []))).toEqual([
        'dispatched',
        'delivered',
      ])
  })

  test('an event that the callback refuses for good holds up no other', async () => {
    await using directory = await temporaryDirectory()
    await using callback = await startCallback()
    await using simulators = await startSimulators(directory.path)
    await simulators.put('/carrier/settings', { dispatchMs: 0, deliveryMs: 0, latencyMs: 0 })
    callback.unwanted = 'bad'
    const orders = ['a', 'bad', 'b', 'c']
    await Promise.all(orders.map((order) => simulators.post('/carrier/shipments', order, booking(callback.url, order))))
    await expect.poll(() => callback.events().length).toBe(6)
    expect(new Set(callback.events().map(({ orderId }) => orderId))).toEqual(new Set(['a', 'b', 'c']))
  })

  test('an event may be lost; where the shipment is can be asked', async () => {
    await using directory = await temporaryDirectory()
    await using callback = await startCallback()
    await using simulators = await startSimulators(directory.path)
    await simulators.put('/carrier/settings', { dispatchMs: 0, deliveryMs: 0, webhookLossRate: 1 })
    const book = async (order: string): Promise<string> =>
      (await simulators.post('/carrier/shipments', order, booking(callback.url, order))).body.shipmentId
    const lost = await book('lost')
    // Events go out in the order in which they are due: by the end of these the first was looked at.
    for (let n = 0; n < 20; n++) await book(`later-${n}`)
    const status = async () => (await simulators.get(`/carrier/shipments/${lost}`)).body.status
    await expect.poll(status).toBe('delivered')
    await simulators.put('/carrier/settings', { webhookLossRate: 0 })
    await book('sent')
    const events = (order: string) => callback.events().filter(({ orderId }) => orderId === order)
    await expect.poll(() => events('sent').length).toBe(2)
    expect(events('lost')).toEqual([])
    expect((await simulators.get('/carrier/shipments/shp_0')).status).toBe(404)
  })

  test('after a restart shipments go on, and only what was not acknowledged is told', async () => {
    await using directory = await temporaryDirectory()
    await using callback = await startCallback()
    const first = await startSimulators(directory.path)
    await first.put('/carrier/settings', { dispatchMs: 0, deliveryMs: 86_400_000 })
    await first.post('/carrier/shipments', 'told', booking(callback.url, 'told'))
    await expect.poll(() => callback.events()).toHaveLength(1)
    await first.put('/carrier/settings', { deliveryMs: 0 })
    callback.status = 500
    await first.post('/carrier/shipments', 'untold', booking(callback.url, 'untold'))
    await expect.poll(() => callback.refused).toBeGreaterThan(0)
    await first.stop()

    callback.status = 204
    await using second = await startSimulators(directory.path)
    await expect.poll(() => callback.events()).toHaveLength(3)
    expect(callback.events().map(({ orderId, type }) => `${orderId} ${type}`)).toEqual([
      'told dispatched',
      'untold dispatched',
      'untold delivered',
    ])
    expect((await second.get('/carrier/shipments?orderId=told')).body.items).toMatchObject([{ status: 'dispatched' }])
  })

  test('cancels before dispatch and not after', async () => {
    await using directory = await temporaryDirectory()
    await using callback = await startCallback()
    await using simulators = await startSimulators(directory.path)
    const book = async (key: string, dispatchMs: number): Promise<string> => {
      await simulators.put('/carrier/settings', { dispatchMs, deliveryMs: 60_000 })
      return (await simulators.post('/carrier/shipments', key, booking(callback.url))).body.shipmentId
    }
    const waiting = await book('waiting', 60_000)
    const cancelled = { status: 200, body: { status: 'cancelled' } }
    expect(await simulators.post(`/carrier/shipments/${waiting}/cancellation`, 'c1', {})).toMatchObject(cancelled)
    expect(await simulators.post(`/carrier/shipments/${waiting}/cancellation`, 'c1', {})).toMatchObject(cancelled)
    expect(await simulators.post(`/carrier/shipments/${waiting}/cancellation`, 'c2', {})).toMatchObject(cancelled)
    const gone = await book('gone', 0)
    await expect.poll(() => callback.events()).toMatchObject([{ shipmentId: gone }])
    expect(await simulators.post(`/carrier/shipments/${gone}/cancellation`, 'c3', {})).toMatchObject({
      status: 409,
      body: { code: 'already_dispatched' },
    })
    expect((await simulators.post('/carrier/shipments/shp_0/cancellation', 'c4', {})).status).toBe(404)
  })

  test('refuses what it can never deliver', async () => {
    await using directory = await temporaryDirectory()
    await using simulators = await startSimulators(directory.path)
    const nowhere = booking('http://127.0.0.1:9/', 'order-1', '00000')
    expect(await simulators.post('/carrier/shipments', 'k', nowhere)).toMatchObject({
      status: 422,
      type: 'application/problem+json',
      body: { code: 'impossible' },
    })
    expect((await simulators.get('/carrier/shipments')).body).toEqual({ items: [] })
  })
})
