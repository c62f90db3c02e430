import { expect, test } from 'vitest'
import type { StockEvent } from './movements.ts'
import { NO_PROOF, proved, wrongWith } from './stock-proof.ts'

const moves = (...movements: readonly [kind: 'reservation' | 'release' | 'dispatch', orderId: string, n: number][]) =>
  ({
    type: 'StockMoved',
    data: { movements: movements.map(([kind, orderId, quantity]) => ({ kind, orderId, quantity })) },
  }) satisfies StockEvent
const received: StockEvent = {
  type: 'StockMoved',
  data: { movements: [{ kind: 'receipt', quantity: 10, receiptId: 'r' }] },
}

test('a level that is the sum of its events, and of what orders hold, is right', () => {
  const proof = proved(NO_PROOF, [
    received,
    moves(['reservation', 'a', 2], ['reservation', 'b', 3]),
    moves(['dispatch', 'a', 2]),
  ])
  expect(proof).toMatchObject({ version: 3, level: { onHand: 8, reserved: 3 } })
  expect(wrongWith('MUG', { onHand: 8, reserved: 3 }, proof)).toEqual([])
  const later = proved(proof, [moves(['release', 'b', 3])])
  expect(later.held.size).toBe(0)
  expect(wrongWith('MUG', { onHand: 8, reserved: 0 }, later)).toEqual([])
})

test('a level that its events do not say is wrong', () => {
  const proof = proved(NO_PROOF, [received])
  expect(wrongWith('MUG', { onHand: 9, reserved: 0 }, proof)).toEqual([expect.stringMatching(/events say 10 on hand/)])
  expect(wrongWith('MUG', { onHand: -1, reserved: 0 }, proof)).toHaveLength(2)
})

test('pieces that an order gives back twice are found, though another order hides them in the sum', () => {
  const proof = proved(NO_PROOF, [
    received,
    moves(['reservation', 'a', 2], ['reservation', 'b', 2]),
    moves(['release', 'a', 2], ['release', 'a', 2]),
  ])
  expect(wrongWith('MUG', proof.level, proof)).toEqual([expect.stringMatching(/order a gave back 2 more/)])
})

test('what was reserved before somebody counted is nobody’s by name', () => {
  const proof = proved(NO_PROOF, [
    { type: 'StockCounted', data: { onHand: 5, reserved: 2 } },
    moves(['dispatch', 'old', 2]),
  ])
  expect(wrongWith('MUG', { onHand: 3, reserved: 0 }, proof)).toEqual([])
})
