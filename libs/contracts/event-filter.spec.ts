import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Condition, eventFilter, means, meansData, valueAt } from './event-filter.ts'

const order = { total: { amount: 12_000, currency: 'EUR' }, items: [{ sku: 'MUG' }], gift: false, 'a/b': { '~': 1 } }
const holds = (pointer: string, condition: Condition): boolean =>
  meansData({ types: ['#'], match: { [pointer]: condition } }, order)

describe('conditions', () => {
  test.each<[string, Condition, boolean]>([
    ['/total/amount', { '>=': 10_000 }, true],
    ['/total/amount', { '>=': 10_000, '<': 12_000 }, false],
    ['/total/amount', { '>': '1' }, false],
    ['/total/currency', { '==': 'EUR' }, true],
    ['/total/currency', { '!=': 'EUR' }, false],
    ['/total/currency', { in: ['SEK', 'EUR'] }, true],
    ['/total/currency', { '>=': 'EUA', '<': 'EUZ' }, true],
    ['/items/0/sku', { '==': 'MUG' }, true],
    ['/items/1/sku', { exists: false }, true],
    ['/items/length', { exists: true }, false],
    ['/gift', { '==': false }, true],
    ['/gift', { exists: true }, true],
    ['/nothing', { '!=': 1 }, false],
    ['/nothing', { exists: false, '!=': 1 }, false],
    ['/a~1b/~0', { '==': 1 }, true],
    ['/constructor', { exists: true }, false],
    ['/total/__proto__', { exists: true }, false],
  ])('%s %j: %s', (pointer, condition, expected) => {
    expect(holds(pointer, condition)).toBe(expected)
  })

  test('type and data must both be meant', () => {
    const filter = { types: ['order.*', 'shipment.#'], match: { '/total/amount': { '>=': 10_000 } } }
    expect(means(filter, 'order.placed', order)).toBe(true)
    expect(means(filter, 'payment.captured', order)).toBe(false)
    expect(means(filter, 'order.placed', {})).toBe(false)
  })
})

test('whatever filter is accepted has an answer for whatever data', () => {
  const pointer = fc.array(fc.constantFrom('a', '0', 'a~1', '~0', '__proto__', ''), { minLength: 1, maxLength: 8 })
  const scalar = fc.oneof(fc.string({ maxLength: 5 }), fc.integer(), fc.boolean())
  const condition = fc.dictionary(
    fc.constantFrom('==', '!=', '<', '>=', 'in', 'exists'),
    fc.oneof(scalar, fc.jsonValue()),
  )
  fc.assert(
    fc.property(pointer, condition, fc.jsonValue(), (steps, wanted, data) => {
      const filter = eventFilter.safeParse({ types: ['#'], match: { [`/${steps.join('/')}`]: wanted } })
      if (filter.success) expect([true, false]).toContain(meansData(filter.data, data))
    }),
  )
})

test('a pointer finds what was put where it points', () => {
  const name = fc.string({ minLength: 1, maxLength: 5 }).filter((text) => text !== '__proto__')
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 8 }), fc.jsonValue(), (names, value) => {
      const data = names.reduceRight<unknown>((inner, each) => ({ [each]: inner }), value)
      const pointer = names.map((each) => `/${each.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
      expect(valueAt(data, pointer)).toEqual(value)
    }),
  )
})

test.each([
  [{ types: [] }],
  [{ types: ['Order'] }],
  [{ types: ['order..placed'] }],
  [{ types: ['#'], match: { total: { '==': 1 } } }],
  [{ types: ['#'], match: { '/a': {} } }],
  [{ types: ['#'], match: { '/a': { '>': true } } }],
  [{ types: ['#'], match: { [`/${'a/'.repeat(9)}`]: { '==': 1 } } }],
  [{ types: ['#'], match: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`/${i}`, { '==': 1 }])) }],
])('%j is no filter', (filter) => {
  expect(eventFilter.safeParse(filter).success).toBe(false)
})
