import { expect, test } from 'vitest'
import { chainOf } from './chain.ts'
import { message } from './order.fixture.ts'

const a = message('order.placed', { id: 'a', by: 'order', topic: 'orders', cause: 'request', at: 0 })
const b = message('stock.reserve', { id: 'b', by: 'order', topic: 'inventory-commands', cause: 'a', at: 1 })
const c = message('stock.reserved', { id: 'c', by: 'inventory', topic: 'inventory', cause: 'b', at: 2 })

test('a message has all that led to it, and what came from it', () => {
  expect(chainOf(c, [a, b, c])).toEqual({ causes: [a, b], root: 'request', effects: [] })
  expect(chainOf(a, [a, b, c])).toEqual({ causes: [], root: 'request', effects: [b] })
})

test('a chain that bites its tail ends', () => {
  const loop = { ...a, causationId: 'c' }
  expect(chainOf(c, [loop, b, c]).causes).toHaveLength(3)
})
