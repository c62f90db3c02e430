import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from './batch.fixture.ts'
import { LogSegment } from './log-segment.ts'
import { RetiredSegmentError } from './segment-file.ts'

let fs: MemoryFileSystem
let segment: LogSegment
let opened: string[]

const whole = { offset: 0, maxBytes: 1_000_000, bound: 1_000_000, minOneBatch: true }

beforeEach(() => {
  fs = new MemoryFileSystem()
  fs.mkdir('/p')
  segment = new LogSegment(fs, '/p', 0, 0)
  const batch = testBatch({ values: ['a', 'b'], timestamps: [5, 9] })
  segment.file().writeSync([batch], 0)
  segment.wrote([batch], 1)
  opened = []
  fs.fail = (operation, path) => {
    if (operation === 'open') opened.push(path)
    return undefined
  }
})

describe('a segment', () => {
  it('closes its file when idle and opens it again when needed', async () => {
    segment.releaseIdle(true)
    await segment.read(whole, 1)
    expect(opened).toEqual([])
    segment.releaseIdle(true)
    segment.releaseIdle(true)
    expect(await segment.read(whole, 1)).toHaveLength(segment.size)
    expect(opened).toEqual(['/p/00000000000000000000.log'])
  })

  it('describes itself from its index alone', async () => {
    await segment.saveIndex()
    const reopened = new LogSegment(fs, '/p', 0, segment.size)
    opened = []
    await reopened.describe(1)
    expect([reopened.endOffset, reopened.maxTimestamp, opened]).toEqual([2, 9, ['/p/00000000000000000000.index']])
  })

  it('rebuilds an index that does not cover it', async () => {
    await segment.saveIndex()
    const later = testBatch({ values: ['c'], timestamps: [20] })
    later.writeBigInt64BE(2n, 0)
    segment.file().writeSync([later], segment.size)
    const reopened = new LogSegment(fs, '/p', 0, segment.size + later.length)
    await reopened.describe(1)
    expect([reopened.endOffset, reopened.maxTimestamp]).toEqual([3, 20])
  })

  it('is not brought back by a late reader or writer once it is removed', async () => {
    const underWay = segment.use((file) => file.read(Buffer.alloc(10), 0))
    await segment.remove()
    expect(await underWay).toBe(10)
    await expect(segment.read(whole, 1)).rejects.toThrow(RetiredSegmentError)
    expect(() => segment.file()).toThrow(RetiredSegmentError)
    expect(fs.readdir('/p')).toEqual([])
  })
})
