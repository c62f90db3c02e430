import { describe, expect, test } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { customerId, InventoryUnderTest, products } from './inventory.fixture.ts'

const at = new InventoryUnderTest()
const { newOrder, command, reserve, release, dispatch, published, folded, stored, level } = at

describe('a choreographed order', () => {
  const total = { amount: 890, currency: 'EUR' }
  const line = { sku: 'MUG', name: 'Mug', quantity: 1, unitPrice: total, lineTotal: total }
  const shippingAddress = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
  const payment = { token: 'tok_ok' }
  const about = (orderId: string) => ({ orderId, customerId, total })
  const placed = (orderId: string, quantity = 3) =>
    command('order.placed', {
      ...{ ...about(orderId), items: [{ ...line, quantity }], payment, shippingAddress, coordination: 'choreographed' },
    })
  const withdrawn = (orderId: string, ...toUndo: DataOf<'order.withdrawn'>['toUndo']) =>
    command('order.withdrawn', { ...about(orderId), reason: 'customer_request', toUndo })
  const overdue = (orderId: string, awaiting: DataOf<'order.overdue'>['awaiting']) =>
    command('order.overdue', {
      ...{ ...about(orderId), awaiting, lines: [{ sku: 'MUG', quantity: 2 }], payment, shippingAddress },
    })

  test('has its goods reserved and dispatched by its own facts', async () => {
    const order = newOrder()
    await placed(order)
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 3 })
    await command('order.shipped', { ...about(order), trackingNumber: 'T-1' })
    expect(await level('MUG')).toMatchObject({ onHand: 7, reserved: 0 })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched'])
  })

  test('gives back what it holds when it is withdrawn, and only then', async () => {
    const order = newOrder()
    await placed(order)
    await withdrawn(order, 'payment')
    expect(await level('MUG')).toMatchObject({ reserved: 3 })
    await withdrawn(order, 'payment', 'stock')
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 0 })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.released'])
  })

  test('that is overdue is looked at again, as far as it is about the stock', async () => {
    const order = newOrder()
    await overdue(order, 'payment.authorized')
    await overdue(order, 'stock.reserved')
    await overdue(order, 'stock.dispatched')
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched'])
    const other = newOrder()
    await overdue(other, 'stock.released')
    await placed(other)
    expect(await published(other)).toEqual(['stock.released', 'stock.released'])
  })
})

describe('commands', () => {
  test('reserve, then dispatch: the stock on hand falls when the goods leave', async () => {
    const order = newOrder()
    await reserve(order, { sku: 'MUG', quantity: 3 }, { sku: 'BOWL', quantity: 2 })
    expect(await level('MUG')).toMatchObject({ sku: 'MUG', name: 'Mug', onHand: 10, reserved: 3, available: 7 })
    await dispatch(order)
    expect(await level('MUG')).toMatchObject({ onHand: 7, reserved: 0, available: 7 })
    expect(await level('BOWL')).toMatchObject({ onHand: 498, reserved: 0 })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched'])
  })

  test('return: what comes back in good order is on the shelf again, once for each return', async () => {
    const order = newOrder()
    await reserve(order, { sku: 'MUG', quantity: 3 })
    await dispatch(order)
    const about = { orderId: order, customerId, returnId: uuidFrom(`return of ${order}`) }
    const before = await level('MUG')
    const back = () => command('stock.return', { ...about, lines: [{ sku: 'MUG', quantity: 2 }] })
    await back()
    await back()
    expect(await level('MUG')).toMatchObject({ onHand: before.onHand + 2, reserved: before.reserved })
    expect(await published(order)).toEqual(['stock.reserved', 'stock.dispatched', 'stock.returned', 'stock.returned'])
    expect(await folded('MUG')).toEqual(await stored('MUG'))
  })

  test('reserve all lines or none', async () => {
    const order = newOrder()
    await reserve(order, { sku: 'BOWL', quantity: 2 }, { sku: 'VASE', quantity: 1 }, { sku: 'NO-SUCH', quantity: 1 })
    expect(await published(order)).toEqual(['stock.rejected'])
    expect(await level('BOWL')).toMatchObject({ reserved: 0 })
  })

  test('for one order in one transaction see each other, in order', async () => {
    const order = newOrder()
    await Promise.all([
      reserve(order, { sku: 'MUG', quantity: 3 }),
      reserve(order, { sku: 'MUG', quantity: 3 }),
      release(order),
    ])
    expect(await published(order)).toEqual(['stock.reserved', 'stock.reserved', 'stock.released'])
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 0 })
  })

  test('that can never succeed hurt nobody else in their transaction', async () => {
    const [good, bad] = [newOrder(), newOrder()]
    const results = await Promise.all([
      reserve(good, { sku: 'MUG', quantity: 1 }),
      dispatch(bad),
      reserve(newOrder(), { sku: 'MUG', quantity: 1 }),
    ])
    expect(results).toMatchObject([undefined, { refused: 'nothing_reserved' }, undefined])
    expect(await level('MUG')).toMatchObject({ reserved: 2 })
  })

  test('of 50 orders for the last 10 pieces let exactly 10 have one', async () => {
    const orders = Array.from({ length: 50 }, newOrder)
    await Promise.all(orders.map((order) => reserve(order, { sku: 'MUG', quantity: 1 })))
    const facts = await Promise.all(orders.map(published))
    expect(facts.filter(([fact]) => fact === 'stock.reserved')).toHaveLength(10)
    expect(facts.filter(([fact]) => fact === 'stock.rejected')).toHaveLength(40)
    await Promise.all(orders.slice(0, 10).map(release))
    expect(await level('MUG')).toMatchObject({ onHand: 10, reserved: 0 })
  })

  test('cost the same few statements for two hundred orders as for one', async () => {
    const database = at.database
    const statements: string[] = []
    const original = database.transaction.bind(database)
    database.transaction = (work) =>
      original((tx) =>
        work({
          query: (sql, ...parameters) => {
            statements.push(sql)
            return tx.query(sql, ...parameters)
          },
          execute: (sql, ...parameters) => {
            statements.push(sql)
            return tx.execute(sql, ...parameters)
          },
        }),
      )
    try {
      const orders = Array.from({ length: 200 }, newOrder)
      await reserve(orders[0]!, { sku: 'BOWL', quantity: 1 })
      const forOne = statements.splice(0).length
      const skus = ['MUG', 'BOWL', 'VASE']
      await Promise.all(orders.slice(1).map((order, i) => reserve(order, { sku: skus[i % 3]!, quantity: 1 })))
      expect(statements.splice(0)).toHaveLength(forOne)
      await Promise.all(orders.map(release))
      expect(statements).toHaveLength(forOne)
    } finally {
      database.transaction = original
    }
    expect(await level('BOWL')).toMatchObject({ reserved: 0 })
  })
})

test('a restart delivers nothing a second time, and new products once', async () => {
  const receipts = async () =>
    (await at.database.query(`SELECT FROM outbox WHERE headers->>'ce_type' = 'stock.received'`)).length
  const before = await receipts()
  await dispatchOne()
  await at.restart([...products, { sku: 'NEW', name: 'New', stock: 4 }])
  expect(await receipts()).toBe(before + 1)
  expect(await level('MUG')).toMatchObject({ onHand: 9 })
  expect(await level('NEW')).toMatchObject({ onHand: 4 })
})

const dispatchOne = async (): Promise<void> => {
  const order = newOrder()
  await reserve(order, { sku: 'MUG', quantity: 1 })
  await dispatch(order)
}
