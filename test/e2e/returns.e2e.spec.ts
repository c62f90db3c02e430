import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Client, type Coordination, type Order, orderOf } from '../support/client.ts'
import { type StockLevels, stockLevels, violations } from '../support/oracle.ts'
import { type Return, sagaEnded } from '../support/returns.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const SKU = 'MUG-WHITE-330'
const styles: readonly Coordination[] = ['orchestrated', 'choreographed']

let system: RunningSystem
let client: Client
let before: StockLevels
const orderIds: string[] = []
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
  before = await stockLevels(client)
})
afterAll(() => system?.stop())

const carrier = (values: object) => client.call('PUT', '/api/simulators/carrier/settings', values)
afterEach(async () => {
  await carrier({ returnImpossibleRate: 0, returnLossRate: 0, inspectionRefusalRate: 0, webhookLossRate: 0 })
})

/** An order of each style with so many mugs, delivered. */
const delivered = (quantity: number): Promise<Order[]> =>
  Promise.all(
    styles.map(async (coordination) => {
      const customerId = `return-${orderIds.length}-${coordination}`
      const orderId = await client.placeSurely(orderOf({ [SKU]: quantity }, { customerId, coordination }))
      orderIds.push(orderId)
      const order = await client.terminal(orderId)
      expect(order.status).toBe('completed')
      return order
    }),
  )

const mugs = (quantity: number) => [{ sku: SKU, quantity }]
const returnOf = ({ orderId }: Order, returnId: string) =>
  client.get<Return & { refunded: { amount: number } }>(`/api/orders/${orderId}/returns/${returnId}`)

/** Sends one mug back and answers what became of that. */
const sentBack = async (order: Order) => {
  const returnId = await client.returnSurely(order.orderId, mugs(1))
  await sagaEnded(client, returnId!)
  return returnOf(order, returnId!)
}

const mailed = async ({ customerId }: Order, kind: string): Promise<true> =>
  until(`the mail ${kind} to ${customerId}`, async () => {
    const mails = await client.mails(`${customerId}@customers.example`)
    return mails.some((mail) => mail.kind === kind) || undefined
  })

test('of four returns at once of an order of three pieces three are taken, each is its own, and the fourth is told why', async () => {
  for (const order of await delivered(3)) {
    const path = `/api/orders/${order.orderId}/returns`
    const wish = () => {
      const headers = { 'idempotency-key': randomUUID() }
      return client.call<{ returnId: string }>('POST', path, { items: mugs(1), reason: 'too small' }, headers)
    }
    const answers = await Promise.all([wish(), wish(), wish(), wish()])
    const accepted = answers.filter(({ status }) => status === 202)
    expect(accepted).toHaveLength(3)
    expect(answers.find(({ status }) => status !== 202)).toMatchObject({
      status: 409,
      body: { reason: 'not_returnable', lines: [{ sku: SKU, quantity: 1, returnable: 0 }] },
    })
    for (const { body } of accepted) await sagaEnded(client, body.returnId)
    const { items } = await client.get<{ items: { status: string; returned: object }[] }>(path)
    expect(items.map(({ status, returned }) => ({ status, returned }))).toEqual(
      Array(3).fill({ status: 'completed', returned: mugs(1) }),
    )
    const refunds = (await client.operations(order.orderId)).filter(({ operation }) => operation === 'refund')
    expect(refunds.map(({ amount }) => amount)).toEqual(Array(3).fill(order.items[0]!.unitPrice.amount))
    expect(new Set(refunds.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(3)
  }
})

test('a parcel that the carrier loses is refunded', async () => {
  await carrier({ returnLossRate: 1 })
  for (const order of await delivered(2)) {
    const { unitPrice } = order.items[0]!
    expect(await sentBack(order)).toMatchObject({ status: 'lost', returned: mugs(1), refunded: unitPrice })
    await mailed(order, 'return_lost')
  }
})

test('what the inspection refuses stays the customer’s, is not refunded, and may be asked for again', async () => {
  await carrier({ inspectionRefusalRate: 1 })
  for (const order of await delivered(1)) {
    expect(await sentBack(order)).toMatchObject({ status: 'refused', returned: [], refunded: { amount: 0 } })
    await mailed(order, 'return_refused')
    expect(await sentBack(order)).toMatchObject({ status: 'refused' })
  }
})

test('a carrier that issues no label makes a return impossible', async () => {
  await carrier({ returnImpossibleRate: 1 })
  for (const order of await delivered(1)) {
    expect(await sentBack(order)).toMatchObject({ status: 'impossible', returned: [] })
    await mailed(order, 'return_impossible')
  }
})

test('a carrier whose reports are lost is asked where the parcel is', async () => {
  const orders = await delivered(1)
  await carrier({ webhookLossRate: 1 })
  await Promise.all(orders.map(async (order) => expect((await sentBack(order)).status).toBe('completed')))
})

test('in the end money, stock, mails and views are right, for all of these together', async () => {
  const orders = await Promise.all(orderIds.map((orderId) => client.order(orderId)))
  expect(await violations(client, orders, before)).toEqual([])
})
