import { expect, test } from 'vitest'
import { deliverOf, emptyDraft, filterOf, filterSays } from './draft.ts'

const draft = {
  ...emptyDraft,
  types: 'order.*, shipment.#\n',
  conditions: '/total/amount >= 10000\n\n/total/amount < 20000\n/total/currency == EUR\n/note exists false',
}

test('what is written becomes the filter that is meant, and is shown in one line', () => {
  const written = filterOf(draft)
  expect(written).toEqual({
    filter: {
      types: ['order.*', 'shipment.#'],
      match: {
        '/total/amount': { '>=': 10_000, '<': 20_000 },
        '/total/currency': { '==': 'EUR' },
        '/note': { exists: false },
      },
    },
  })
  expect('filter' in written && filterSays(written.filter)).toBe(
    'order.*, shipment.# · /total/amount >= 10000 · /total/amount < 20000 · /total/currency == "EUR" · /note exists false',
  )
})

test.each([
  [{ types: ' , ' }, 'Say at least one type'],
  [{ conditions: 'total > 1' }, '“total > 1” is no condition'],
  [{ conditions: '/total >' }, '“/total >” is no condition'],
])('%j is told what is wrong', (change, fault) => {
  expect(filterOf({ ...draft, ...change })).toEqual({ fault: expect.stringContaining(fault) })
})

test('where it is delivered depends on to whom', () => {
  expect(deliverOf({ ...draft, where: ' https://a.example/ ', ordered: true })).toEqual({
    ...{ to: 'webhook', url: 'https://a.example/', ordered: true },
  })
  expect(deliverOf({ ...draft, to: 'queue', where: 'all' })).toEqual({ to: 'queue', name: 'all' })
})
