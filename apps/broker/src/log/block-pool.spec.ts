import { expect, it } from 'vitest'
import { BlockPool } from './block-pool.ts'

const MIB = 1024 * 1024

it('uses a block again, but not before all of it was given back', () => {
  const blocks = new BlockPool()
  const first = blocks.take(MIB)
  const second = blocks.take(MIB)
  expect(second.buffer).not.toBe(first.buffer)
  blocks.giveBack(first.subarray(100, 200))
  expect(blocks.isLent(first)).toBe(false)
  expect(blocks.take(MIB - 1).buffer).toBe(first.buffer)
  expect(blocks.take(MIB).buffer).not.toBe(second.buffer)
})

it('waits for everybody who holds something of a block', () => {
  const blocks = new BlockPool()
  const whole = blocks.take(MIB)
  blocks.hold(whole.subarray(0, 100))
  blocks.hold(whole.subarray(100, 200))
  blocks.giveBack(whole)
  blocks.giveBack(whole.subarray(100, 200))
  expect(blocks.take(MIB).buffer).not.toBe(whole.buffer)
  blocks.giveBack(whole.subarray(0, 100))
  expect(blocks.take(MIB).buffer).toBe(whole.buffer)
})

it('takes a block back once, and no other than its own', () => {
  const blocks = new BlockPool()
  const own = blocks.take(MIB)
  blocks.giveBack(own)
  blocks.giveBack(own)
  blocks.giveBack(Buffer.allocUnsafeSlow(MIB))
  expect(blocks.take(MIB).buffer).toBe(own.buffer)
  expect(blocks.take(MIB).buffer).not.toBe(own.buffer)
})

it.each([10, MIB / 2 - 1, MIB + 1])('lends nothing for %i bytes', (bytes) => {
  const blocks = new BlockPool()
  const taken = blocks.take(bytes)
  expect(taken).toHaveLength(bytes)
  expect(blocks.isLent(taken)).toBe(false)
})
