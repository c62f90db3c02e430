import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testBatch } from '../../apps/broker/src/log/batch.fixture.ts'
import { readRecords, rewriteBatch } from './batch-rewrite.ts'
import {
  batchAttributes,
  batchBaseSequence,
  batchLastOffset,
  batchMaxTimestamp,
  batchRecordsCount,
  Compression,
  compressionOf,
  hasDeleteHorizon,
  isBatchIntact,
} from './record-batch.ts'

const LIMIT = 1_000_000
const batch = testBatch({ values: ['a', 'b', 'c'], key: 'k', timestamps: [500, 900, 100], producerId: 3, sequence: 7 })
const codecs = Object.entries(Compression)

describe.each(codecs)('a batch in %s', (_name, compression) => {
  const compressed = rewriteBatch(batch, readRecords(batch, LIMIT), { compression })

  it('holds the same records', () => {
    expect([isBatchIntact(compressed), compressionOf(batchAttributes(compressed))]).toEqual([true, compression])
    expect(readRecords(compressed, LIMIT)).toEqual(readRecords(batch, LIMIT))
  })

  it('loses records and keeps its place, its producer and its compression', () => {
    const records = readRecords(compressed, LIMIT).filter(({ offsetDelta }) => offsetDelta !== 1)
    const rest = rewriteBatch(compressed, records)
    expect(readRecords(rest, LIMIT).map(({ offsetDelta, timestamp }) => [offsetDelta, timestamp])).toEqual([
      [0, 500],
      [2, 100],
    ])
    expect([isBatchIntact(rest), batchLastOffset(rest), batchMaxTimestamp(rest)]).toEqual([true, 2, 500])
    expect([batchBaseSequence(rest), compressionOf(batchAttributes(rest))]).toEqual([7, compression])
  })

  it('says from when on its tombstones may go, and keeps the timestamps', () => {
    const marked = rewriteBatch(compressed, readRecords(compressed, LIMIT), { deleteHorizon: 1_900_000_000_000 })
    expect([isBatchIntact(marked), hasDeleteHorizon(batchAttributes(marked))]).toEqual([true, true])
    expect(readRecords(marked, LIMIT)).toEqual(readRecords(batch, LIMIT))
  })
})

it('a batch may be empty', () => {
  const empty = rewriteBatch(batch, [])
  expect([isBatchIntact(empty), batchRecordsCount(empty), batchLastOffset(empty)]).toEqual([true, 0, 2])
  expect(readRecords(empty, LIMIT)).toEqual([])
})

it('damaged records are refused, never misread beyond the batch', () => {
  fc.assert(
    fc.property(fc.integer({ min: 61, max: batch.length - 1 }), fc.nat(255), (at, value) => {
      const damaged = Buffer.from(batch)
      damaged[at] = value
      try {
        for (const { offsetDelta } of readRecords(damaged, LIMIT)) expect(offsetDelta).toBeLessThanOrEqual(2)
      } catch (error) {
        expect(error).toHaveProperty('name', 'MalformedError')
      }
    }),
  )
})
