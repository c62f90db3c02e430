import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fold } from '#libs/projections'
import { factsOf, returnOf } from '../orders.fixture.ts'
import { customerHistoryFacts, customerOrder } from './customer-history/fold.ts'
import { customerTotals } from './customer-history/tables.ts'
import { productSalesFacts, soldOrder } from './product-sales/fold.ts'
import { productSales } from './product-sales/tables.ts'
import { sagaBoardFacts, sagaCard, stageOf } from './saga-board/fold.ts'
import { sale } from './sales-per-minute/fold.ts'
import { salesPerMinute } from './sales-per-minute/tables.ts'

// biome-ignore lint/suspicious/noExplicitAny: what is tested here holds for every fold
const folds: readonly (readonly [string, Fold<any, any>, readonly string[]])[] = [
  ['sales-per-minute', sale, ['order.completed']],
  ['customer-history', customerOrder, customerHistoryFacts],
  ['product-sales', soldOrder, productSalesFacts],
  ['saga-board', sagaCard, sagaBoardFacts],
]

/** A completed order, one whose card is declined, and one that its customer cancels. */
const orders = [0, 1, 2].map((n) => factsOf('fold', n))
const [completed, rejected, cancelled] = orders
const sentBack = [...completed!, ...returnOf('fold', 0)]

describe('a row ends the same in whatever order facts come and however often each comes', () => {
  test.each(folds)('%s', (_, { initial, evolve }, types) => {
    for (const facts of [...orders, sentBack]) {
      const own = facts.filter(({ type }) => types.includes(type))
      if (own.length === 0) continue
      const once = own.reduce(evolve, initial)
      const messages = fc
        .array(fc.constantFrom(...own, ...own), { maxLength: 10 })
        .chain((again) => fc.shuffledSubarray([...own, ...again], { minLength: own.length + again.length }))
      fc.assert(
        fc.property(messages, (any) => {
          expect(any.reduce(evolve, initial)).toEqual(once)
        }),
        { numRuns: 100, interruptAfterTimeLimit: 3_000 },
      )
    }
  })
})

const historyOf = (facts: typeof completed) =>
  facts!
    .filter(({ type }) => (customerHistoryFacts as readonly string[]).includes(type))
    .reduce((state, fact) => customerOrder.evolve(state, fact as never), customerOrder.initial)
const soldBy = (facts: typeof completed) =>
  facts!
    .filter(({ type }) => (productSalesFacts as readonly string[]).includes(type))
    .reduce((state, fact) => soldOrder.evolve(state, fact as never), soldOrder.initial)
const stageAfter = (facts: typeof completed, count: number) =>
  stageOf(
    facts!
      .slice(0, count)
      .filter(({ type }) => (sagaBoardFacts as readonly string[]).includes(type))
      .reduce((state, fact) => sagaCard.evolve(state, fact as never), sagaCard.initial),
  )

test('what an order adds to its customer: spent when captured, returned when given back', () => {
  expect(customerTotals.of(historyOf(completed))).toEqual([{ key: ['cust-fold-0', 'EUR'], sums: [1, 1, 1_780, 0] }])
  expect(customerTotals.of(historyOf(rejected))).toEqual([{ key: ['cust-fold-1', 'EUR'], sums: [1, 0, 0, 0] }])
  expect(customerTotals.of(historyOf(sentBack))).toEqual([{ key: ['cust-fold-0', 'EUR'], sums: [1, 1, 1_780, 890] }])
  expect(customerTotals.of(historyOf(cancelled))).toEqual([{ key: ['cust-fold-2', 'EUR'], sums: [1, 0, 1_780, 1_780] }])
})

test('products are sold on the day on which their order is completed, by nobody else', () => {
  expect(productSales.of(soldBy(completed))).toEqual([{ key: ['2026-01-01', 'MUG', 'EUR'], sums: [1, 2, 1_780, 0, 0] }])
  expect(productSales.of(soldBy(rejected))).toEqual([])
})

test('what comes back reduces the sales of the day on which it was sold, by its price', () => {
  const sold = productSales.of(soldBy(sentBack))
  expect(new Set(sold.map(({ key }) => key.join()))).toEqual(new Set(['2026-01-01,MUG,EUR']))
  expect([0, 1, 2, 3, 4].map((i) => sold.reduce((sum, { sums }) => sum + sums[i]!, 0))).toEqual([1, 2, 1_780, 1, 890])
  // Returned before it is known to be completed, which another topic may say first: it counts when it is.
  expect(productSales.of(soldBy(sentBack.filter(({ type }) => type !== 'order.completed')))).toEqual([])
})

test('a sale is counted in its minute', () => {
  const fact = completed!.find(({ type }) => type === 'order.completed')
  const state = sale.evolve(sale.initial, fact as never)
  expect(salesPerMinute.of(state)).toEqual([{ key: ['2026-01-01T00:00:00Z', 'EUR'], sums: [1, 1_780] }])
})

test('a card moves over the board as its saga does', () => {
  expect(completed!.map((_, n) => stageAfter(completed, n + 1))).toEqual([
    ...['accepting', 'accepting', 'accepting', 'capturing', 'shipping', 'shipping', 'delivering', 'delivering'],
    ...['settling', 'settling', 'completed'],
  ])
  expect(returnOf('fold', 0).map((_, n) => stageAfter(sentBack, completed!.length + n + 1))).toEqual([
    ...Array.from({ length: 9 }, () => 'returning'),
    'completed',
  ])
  expect(stageAfter(rejected, 2)).toBe('compensating')
  expect(stageAfter(cancelled, 5)).toBe('cancelling')
  expect(stageAfter(cancelled, 7)).toBe('cancelled')
})
