import { expect, test } from 'vitest'
import { GroupCommit } from '#libs/database'
import { HOUR, MINUTE } from '#libs/streams'
import { AnalyticsDatabaseUnderTest } from '../analytics.fixture.ts'
import { at, measures } from '../domain/measures.ts'
import { addCountRows } from '../sql/add-counts.ts'
import { moveStock } from '../sql/move-stock.ts'
import { saveProduct } from '../sql/save-product.ts'
import { lookAtHour, lookAtStock } from './alert-watch.ts'

const NOON = Date.UTC(2026, 10, 28, 12)

const analytics = new AnalyticsDatabaseUnderTest()

const sold = (start: number, views: number, converted: number) => {
  const sums = measures.map((_, i) => (i === at.views ? views : i === at.converted ? converted : 0))
  return addCountRows(analytics.database, 0, [{ step: HOUR, start, dimension: 'all', key: '', sums, keptMs: HOUR }])
}

test('an hour that converts half as well as the day before is told once, however often it is looked at', async () => {
  await sold(NOON - 24 * HOUR, 1_000, 100)
  await sold(NOON, 1_000, 100)
  const groupCommit = new GroupCommit(analytics.database)
  const look = () => groupCommit.submit({ run: (uow) => lookAtHour(uow, NOON) })
  const told = () => analytics.database.query<{ topic: string; value: string }>('SELECT topic, value FROM outbox')
  await look()
  expect(await told()).toEqual([])
  await sold(NOON, 2_000, 0)
  await look()
  await look()
  const [alert, ...others] = await told()
  expect(others).toEqual([])
  expect(alert!.topic).toBe('analytics-alerts')
  expect(JSON.parse(alert!.value)).toMatchObject({ id: `conversion-${NOON}`, hour: NOON, dayBefore: 0.1 })
})

test('a product that sells out within the hour is told once an hour; stock that came in time ends it', async () => {
  const groupCommit = new GroupCommit(analytics.database)
  const pieces = (sku: string, start: number, units: number) => {
    const sums = measures.map((_, i) => (i === at.units ? units : 0))
    return addCountRows(analytics.database, 0, [
      { step: MINUTE, start, dimension: 'product', key: sku, sums, keptMs: HOUR },
    ])
  }
  const look = (from: number) => groupCommit.submit({ run: (uow) => lookAtStock(uow, from) })
  const told = async () =>
    (
      await analytics.database.query<{ value: string }>(`SELECT value FROM outbox WHERE key = 'product.selling-out'`)
    ).map(({ value }) => JSON.parse(value) as { sku: string })
  await saveProduct(analytics.database, { sku: 'TEA', name: 'Tea', price: { amount: 100, currency: 'EUR' } })
  // In ten minutes 20 of TEA and MUG; of CUP nobody knows how many there are.
  for (const sku of ['TEA', 'MUG', 'CUP']) for (const minute of [0, 9]) await pieces(sku, NOON + minute * MINUTE, 10)
  await pieces('TEA', NOON + 10 * MINUTE, 1_000)
  await moveStock(analytics.database, [
    { sku: 'TEA', more: 150 },
    { sku: 'TEA', more: -30 },
    { sku: 'MUG', more: 121 },
  ])
  await look(NOON)
  await look(NOON)
  expect(await told()).toEqual([
    expect.objectContaining({ sku: 'TEA', name: 'Tea', sold: 20, available: 120, leftMs: HOUR, from: NOON }),
  ])
  await moveStock(analytics.database, [{ sku: 'MUG', more: -1 }])
  await look(NOON + 30 * MINUTE)
  expect(await told()).toHaveLength(1)
  await look(NOON)
  expect((await told()).map(({ sku }) => sku).sort()).toEqual(['MUG', 'TEA'])
})
