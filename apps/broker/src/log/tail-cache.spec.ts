import { expect, it } from 'vitest'
import { baseOffsets, testBatch } from './batch.fixture.ts'
import { costOf, Tail, TailCache } from './tail-cache.ts'

const { length } = testBatch({ values: ['v'] })
const at = (offset: number) => {
  const batch = testBatch({ values: ['v'] })
  batch.writeBigInt64BE(BigInt(offset), 0)
  return batch
}
const read = (tail: Tail, offset: number) => {
  const found = tail.read({ offset, maxBytes: 1_000_000, bound: 1_000_000, minOneBatch: true })
  return found && baseOffsets(found)
}

it('keeps the newest batches of all partitions within one budget', () => {
  const cache = new TailCache(3 * costOf(at(0)))
  const [busy, quiet] = [new Tail(), new Tail()]
  cache.add(quiet, at(0))
  for (let offset = 0; offset < 3000; offset++) cache.add(busy, at(offset))
  expect(read(quiet, 0)).toBeUndefined()
  expect(read(busy, 2996)).toBeUndefined()
  expect(read(busy, 2997)).toEqual([2997, 2998, 2999])
  cache.add(quiet, at(1))
  expect([read(quiet, 1), read(busy, 2997), read(busy, 2998)]).toEqual([[1], undefined, [2998, 2999]])
})

it('gives the room of a deleted partition to the others', () => {
  const cache = new TailCache(3 * costOf(at(0)))
  const [deleted, other] = [new Tail(), new Tail()]
  for (let offset = 0; offset < 2; offset++) cache.add(deleted, at(offset))
  cache.forget(deleted)
  for (let offset = 0; offset < 3; offset++) cache.add(other, at(offset))
  expect([read(deleted, 0), read(other, 0)]).toEqual([undefined, [0, 1, 2]])
})

it('knows what is old of a partition that was emptied and goes on', () => {
  const cache = new TailCache(3 * costOf(at(0)))
  const [emptied, other] = [new Tail(), new Tail()]
  cache.add(emptied, at(0))
  for (let offset = 0; offset < 2; offset++) cache.add(other, at(offset))
  cache.forget(emptied)
  cache.add(emptied, at(1))
  cache.add(emptied, at(2))
  expect([read(emptied, 1), read(other, 0), read(other, 1)]).toEqual([[1, 2], undefined, [1]])
  cache.add(emptied, at(3))
  expect([read(emptied, 1), read(other, 1)]).toEqual([[1, 2, 3], undefined])
})

it('forgets ten thousand partitions without looking at all that the others have, and keeps no trace of them', () => {
  const cache = new TailCache(20_000 * costOf(at(0)))
  const busy = new Tail()
  for (let offset = 0; offset < 10_000; offset++) cache.add(busy, at(offset))
  const { filter } = Array.prototype
  let lookedAt = 0
  const queue = () => (cache as unknown as { queue: unknown[] }).queue
  Array.prototype.filter = function (this: unknown[], ...args: [never]) {
    if (this[0] instanceof Tail) lookedAt += this.length
    return filter.apply(this, args)
  } as typeof filter
  try {
    for (let partition = 0; partition < 10_000; partition++) {
      const tail = new Tail()
      cache.add(tail, at(0))
      cache.forget(tail)
    }
  } finally {
    Array.prototype.filter = filter
  }
  expect(lookedAt).toBeLessThan(50_000)
  expect(queue().length).toBeLessThan(30_000)
  expect(read(busy, 0)?.length).toBe(10_000)
})

it('does not keep a large receive buffer alive for a small batch', () => {
  const received = Buffer.alloc(100_000)
  at(7).copy(received)
  const tail = new Tail()
  new TailCache(1_000_000).add(tail, received.subarray(0, length))
  received.fill(0)
  expect(read(tail, 7)).toEqual([7])
})
