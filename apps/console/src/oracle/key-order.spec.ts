import { expect, test } from 'vitest'
import { keyOrderCheck, type Placed } from './key-order.ts'

const lying = (topic: string, orderId: string, ...types: readonly string[]): Placed[] =>
  types.map((type, offset) => ({ topic, partition: 0, offset, type, orderId }))

test('facts in their order are right, and so is one that is repeated later', () => {
  const messages = [
    ...lying('orders', 'a', 'order.placed', 'order.cancellation-requested', 'order.confirmed', 'order.shipped'),
    ...lying('payments', 'a', 'payment.authorized', 'payment.captured', 'payment.authorized'),
    ...lying('orders', 'b', 'order.placed', 'order.rejected'),
  ]
  expect(keyOrderCheck(messages)).toMatchObject({ violations: 0, of: 3 })
})

test('a fact behind one that follows from it is named, whatever order it was read in', () => {
  const broken = lying('orders', 'a', 'order.placed', 'order.shipped', 'order.confirmed')
  expect(keyOrderCheck(broken.toReversed())).toMatchObject({
    ...{ violations: 1, of: 1, sample: ['order a in orders/0: order.confirmed at 2 is behind order.shipped at 1'] },
  })
})
