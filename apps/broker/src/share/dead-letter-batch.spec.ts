import { expect, test } from 'vitest'
import { BatchReader } from '#libs/kafka-protocol'
import { deadLetterBatch } from './dead-letter-batch.ts'
import type { Span } from './window.ts'

const origin = { groupId: 'g', topic: 't', partition: 3 }
const span: Span = { first: 5, last: 9, state: 'archiving', deliveryCount: 2, cause: 'rejected' }
const originalsOf = (length: number) =>
  new Map([5, 6, 7, 8, 9].map((offset) => [offset, { key: Buffer.from('k'), value: Buffer.alloc(length, 'v') }]))

const lettersIn = (bytes: Buffer) =>
  new BatchReader().read(bytes, 0).map(({ value, headers }) => [headers['__dlq.errors.offset'], value?.length ?? null])

test('as many letters as fit are in a batch, and it says how far it goes', () => {
  const whole = deadLetterBatch(origin, span, originalsOf(100), { timestamp: 1, maxBytes: 100_000 })
  expect(whole.last).toBe(9)
  expect(lettersIn(whole.bytes).map(([offset]) => offset)).toEqual(['5', '6', '7', '8', '9'])
  const some = deadLetterBatch(origin, span, originalsOf(100), { timestamp: 1, maxBytes: 700 })
  expect(some.bytes.length).toBeLessThanOrEqual(700)
  expect(some.last).toBe(6)
  expect(lettersIn(some.bytes)).toEqual([
    ['5', 100],
    ['6', 100],
  ])
})

test('a record that does not fit has a letter without it', () => {
  const { bytes, last } = deadLetterBatch(origin, span, originalsOf(1000), { timestamp: 1, maxBytes: 1000 })
  expect([last, lettersIn(bytes)]).toEqual([5, [['5', null]]])
})

test('what is no longer in the log has a letter without it', () => {
  const { bytes } = deadLetterBatch(origin, { ...span, last: 5 }, new Map(), { timestamp: 1, maxBytes: 1000 })
  expect(lettersIn(bytes)).toEqual([['5', null]])
})
