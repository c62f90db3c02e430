import { expect, test } from 'vitest'
import { type Catalogue, price } from './pricing.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const catalogue: Catalogue = {
  currency: 'EUR',
  products: new Map([
    ['MUG', { sku: 'MUG', name: 'Mug', price: eur(890) }],
    ['PEN', { sku: 'PEN', name: 'Pen', price: eur(199) }],
  ]),
}

test('an order costs the sum of its lines at the prices of the catalogue', () => {
  const wanted = [
    { sku: 'MUG', quantity: 2 },
    { sku: 'PEN', quantity: 3 },
  ]
  expect(price(catalogue, wanted)).toEqual({
    items: [
      { sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: eur(890), lineTotal: eur(1780) },
      { sku: 'PEN', name: 'Pen', quantity: 3, unitPrice: eur(199), lineTotal: eur(597) },
    ],
    total: eur(2377),
  })
})

test('what is not in the catalogue is named by its position', () => {
  const wanted = ['MUG', 'CAR', 'PEN', 'HOUSE'].map((sku) => ({ sku, quantity: 1 }))
  expect(price(catalogue, wanted)).toEqual({ unknown: [1, 3] })
})
