import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedError, Reader } from './reader.ts'
import { Writer } from './writer.ts'

test('numbers of any size come back, wherever the buffer ends', () => {
  const value = fc.oneof(
    fc.integer({ min: -128, max: 127 }).map((v) => ['int8', v] as const),
    fc.integer({ min: -32_768, max: 32_767 }).map((v) => ['int16', v] as const),
    fc.integer().map((v) => ['int32', v] as const),
    fc.maxSafeInteger().map((v) => ['int64', v] as const),
    fc.nat().map((v) => ['uvarint', v] as const),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 400 }), (values) => {
      const writer = new Writer()
      for (const [type, number] of values) writer[type](number)
      const bytes = Buffer.concat(writer.buffers())
      expect(bytes).toHaveLength(writer.length)
      const reader = new Reader(bytes)
      expect(values.map(([type]) => reader[type]())).toEqual(values.map(([, number]) => number))
      expect(reader.remaining).toBe(0)
    }),
  )
})

test('large byte fields are passed through, not copied', () => {
  const writer = new Writer()
  const records = Buffer.alloc(5000, 7)
  writer.int32(1)
  writer.bytes(records)
  writer.int32(2)
  expect(writer.buffers()[1]).toBe(records)
})

test('a length beyond the end of the frame is malformed, whatever asks for it', () => {
  const bytes = Buffer.from([0, 5, 1])
  expect(() => new Reader(bytes).string(9)).toThrow(MalformedError)
  expect(() => new Reader(bytes).slice(-1)).toThrow(MalformedError)
  expect(() => new Reader(bytes).count(2_000_000_000)).toThrow(MalformedError)
  expect(() => new Reader(Buffer.alloc(6, 0xff)).uvarint()).toThrow(MalformedError)
})
