import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uuidFrom } from '#libs/contracts'
import { type OrderApp, order, parcel, startOrderApp, total } from './order-app.fixture.ts'

/** What was answered in the past, as it was answered then, from the instant `at` on. */
interface Then {
  readonly at: number
  readonly versions: { readonly order: number; readonly saga: number }
  readonly order: object
  readonly events: object
  readonly saga: object
}

let app: OrderApp
let orderId: string
let history: Then[]

beforeAll(async () => {
  app = await startOrderApp()
  orderId = await app.placed()
  history = [await look()]
  const after = async (happened: Promise<unknown>) => {
    await happened
    history.push(await look())
  }
  await after(app.receive(orderId, 'payment.authorized', { authorizationId: 'a-1', amount: total }))
  while (await app.silence(orderId)) history.push(await look())
  await after(app.post(`/sagas/${orderId}/steps/reserve-stock/retry`, {}).expect(202))
  await after(app.receive(orderId, 'stock.reserved', { lines: order.items }))
  await after(app.receive(orderId, 'payment.captured', { captureId: 'c-1', amount: total }))
  await after(app.receive(orderId, 'shipment.booked', parcel))
  await after(app.silence(orderId))
  await after(app.receive(orderId, 'shipment.dispatched', parcel))
  await after(app.receive(orderId, 'stock.dispatched', { lines: order.items }))
  await after(app.receive(orderId, 'shipment.delivered', parcel))
})
afterAll(() => app?.stop())

const get = async (what: string) => (await app.get(`/orders/${orderId}${what}`).expect(200)).body

const look = async (): Promise<Then> => {
  const [orderNow, events, saga] = [await get(''), await get('/events'), await get('/saga')]
  const [row] = await app.database.query<{ version: number; updatedAt: Date }>(
    `SELECT version, updated_at AS "updatedAt" FROM sagas WHERE saga_id = $1`,
    orderId,
  )
  const versions = { order: events.items.length, saga: row!.version }
  return { at: row!.updatedAt.getTime(), versions, order: orderNow, events, saga: timeless(saga) }
}

/** The row may hold an earlier time to wake up than the saga wants; its events do not know of it. */
const timeless = ({ wakeAt: _, ...saga }: { wakeAt?: unknown }): object => saga

/** The last of those that happened in one instant is what there was then. */
const then = (instant: number): Then | undefined => history.filter(({ at }) => at <= instant).at(-1)

test('at any instant the answers are what they were then', async () => {
  const [first, last] = [history[0]!.at, history.at(-1)!.at]
  const edges = history.flatMap(({ at }) => [at, at - 1, at + 1])
  const anywhere = fc.sample(fc.integer({ min: first - 5, max: last + 5 }), 60)
  for (const instant of [
    ...edges,
    ...anywhere,
    Date.parse('0000-01-01T00:00:00Z'),
    Date.parse('9999-12-31T23:59:59Z'),
  ]) {
    const was = then(instant)
    const at = new Date(instant).toISOString()
    for (const [what, expected] of [
      [`?asOf=${at}`, was?.order],
      [`/events?upTo=${at}`, was?.events],
      [`/saga?asOf=${at}`, was?.saga],
    ] as const) {
      const { status, body } = await app.get(`/orders/${orderId}${what}`)
      expect(status, what).toBe(was === undefined ? 404 : 200)
      if (was !== undefined) expect(timeless(body), what).toEqual(expected)
    }
  }
})

test('at any version the answers are what they were when it was reached', async () => {
  for (const [i, { versions, ...was }] of history.entries()) {
    expect(timeless(await get(`/saga?asOf=${versions.saga}`))).toEqual(was.saga)
    expect(await get(`/events?upTo=${versions.order}`)).toEqual(was.events)
    const isReached = history[i - 1]?.versions.order !== versions.order && history[i + 1]?.at !== was.at
    if (isReached) expect(await get(`?asOf=${versions.order}`)).toEqual(was.order)
  }
  const { items } = await get('/events')
  for (let version = 1; version <= items.length; version++)
    expect((await get(`/events?upTo=${version}`)).items).toEqual(items.slice(0, version))
})

test('before the first event there is nothing, and what is no moment is named', async () => {
  for (const what of ['?asOf=', '/saga?asOf=', '/events?upTo=']) {
    for (const early of ['0', '1969-07-20T20:17:40Z']) await app.get(`/orders/${orderId}${what}${early}`).expect(404)
    for (const bad of [
      '',
      'yesterday',
      '-1',
      '1.5',
      '2026-13-01T00:00:00Z',
      '2026-01-01',
      '1e3',
      '9999999999',
      '1&asOf=2&upTo=2',
    ])
      await app.get(`/orders/${orderId}${what}${bad}`).expect(400)
    await app.get(`/orders/${uuidFrom('nobody')}${what}1`).expect(404)
  }
  const { body } = await app.get(`/orders/${orderId}?asOf=yesterday`).expect(400)
  expect(body.errors).toEqual([{ pointer: '/asOf', detail: expect.stringContaining('a version number') }])
  await app.get(`/orders/${orderId}?asof=1`).expect(400)
})

test('an offset is as good as Z', async () => {
  const last = new Date(history.at(-1)!.at + 7_200_000).toISOString().replace('Z', '%2B02:00')
  expect(await get(`?asOf=${last}`)).toEqual(history.at(-1)!.order)
})
