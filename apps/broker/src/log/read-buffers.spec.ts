import { expect, it } from 'vitest'
import { ReadBuffers } from './read-buffers.ts'

const MIB = 1024 * 1024

it('uses a buffer again, but not before all of it was given back', () => {
  const buffers = new ReadBuffers()
  const first = buffers.take(MIB)
  const second = buffers.take(MIB)
  expect(second.buffer).not.toBe(first.buffer)
  buffers.giveBack(first.subarray(100, 200))
  expect(buffers.isLent(first)).toBe(false)
  expect(buffers.take(MIB - 1).buffer).toBe(first.buffer)
  expect(buffers.take(MIB).buffer).not.toBe(second.buffer)
})

it('takes a buffer back once, and no other than its own', () => {
  const buffers = new ReadBuffers()
  const own = buffers.take(MIB)
  buffers.giveBack(own)
  buffers.giveBack(own)
  buffers.giveBack(Buffer.allocUnsafeSlow(MIB))
  expect(buffers.take(MIB).buffer).toBe(own.buffer)
  expect(buffers.take(MIB).buffer).not.toBe(own.buffer)
})

it.each([10, MIB / 2 - 1, MIB + 1])('lends nothing for %i bytes', (bytes) => {
  const buffers = new ReadBuffers()
  const taken = buffers.take(bytes)
  expect(taken).toHaveLength(bytes)
  expect(buffers.isLent(taken)).toBe(false)
})
