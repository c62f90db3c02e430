import { expect, test } from 'vitest'
import type { File } from '../disk/file-system.ts'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from './batch.fixture.ts'
import { BlockPool } from './block-pool.ts'
import { readBatches } from './segment-reader.ts'

const MIB = 1024 * 1024
const large = testBatch({ values: ['x'.repeat(2 * MIB)] })
const small = testBatch({ values: ['y'.repeat(MIB - 1000)] })

function fileOf(...batches: Buffer[]) {
  const file = new MemoryFileSystem().open('/f')
  file.writeSync(batches, 0)
  const reads: number[] = []
  const read: File['read'] = (buffer, position) => {
    reads.push(buffer.length)
    return file.read(buffer, position)
  }
  const size = batches.reduce((sum, batch) => sum + batch.length, 0)
  return { file: Object.assign(Object.create(file), { read }) as File, size, reads }
}

const limits = { offset: 0, maxBytes: MIB, bound: 10, minOneBatch: true }

test('a batch that is larger than what is asked for is read once, and the block that had its beginning given back', async () => {
  const { file, size, reads } = fileOf(large)
  const blocks = new BlockPool()
  const block = blocks.take(MIB)
  blocks.giveBack(block)
  expect((await readBatches(file, 0, size, limits, blocks)).equals(large)).toBe(true)
  expect(reads).toEqual([MIB, large.length - MIB])
  expect(blocks.take(MIB).buffer).toBe(block.buffer)
})

test.each([
  ['fits nowhere', { ...limits, minOneBatch: false }],
  ['may not be seen yet', { ...limits, bound: 0 }],
])('nothing is kept of a batch that %s', async (_, limits) => {
  const { file, size, reads } = fileOf(large)
  const blocks = new BlockPool()
  const block = blocks.take(MIB)
  blocks.giveBack(block)
  expect(await readBatches(file, 0, size, limits, blocks)).toHaveLength(0)
  expect(reads).toEqual([MIB])
  expect(blocks.take(MIB).buffer).toBe(block.buffer)
})

test('what is returned is of a block that others do not get before it is given back', async () => {
  const { file, size } = fileOf(small)
  const blocks = new BlockPool()
  const found = await readBatches(file, 0, size, limits, blocks)
  expect(found.equals(small)).toBe(true)
  expect(blocks.isLent(found)).toBe(true)
  expect(blocks.take(MIB).buffer).not.toBe(found.buffer)
})
