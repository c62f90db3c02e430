import { expect, test } from 'vitest'
import { BatchWriter, batchSize, Compression, crc32c, encodeEndMarker, stampBatch } from '#libs/kafka-protocol'
import { recordsIn } from './records-in.ts'

const place = { topic: 't', partition: 3 }
const TRANSACTIONAL = 0x10

interface Stored {
  readonly at: number
  readonly values: readonly string[]
  /** In a transaction of this producer. */
  readonly producerId?: number
  readonly codec?: number
}

const batch = ({ at, values, producerId, codec }: Stored): Buffer => {
  const records = values.map((value) => ({ key: null, value, headers: { of: value } }))
  const stamp = { timestamp: 1_000, producerId: producerId ?? -1, producerEpoch: 0, baseSequence: 0 }
  const bytes = Buffer.from(new BatchWriter(codec).write(records, 0, 1024 * 1024, stamp).bytes)
  if (producerId !== undefined) bytes.writeInt16BE(bytes.readInt16BE(21) | TRANSACTIONAL, 21)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  stampBatch(bytes, at, 0)
  return bytes
}

const marker = (at: number, producerId: number, commit: boolean): Buffer => {
  const bytes = encodeEndMarker({ producerId, epoch: 0, commit, coordinatorEpoch: 0 }, 1_000)
  stampBatch(bytes, at, 0)
  return bytes
}

const read = (
  batches: Buffer[],
  { offset = 0, end = 100, aborted = [] as { producerId: number; firstOffset: number }[] } = {},
) => {
  const { records, ...rest } = recordsIn(Buffer.concat(batches), { ...place, offset, end, aborted })
  return { values: records.map((one) => `${one.offset} ${one.value}`), ...rest }
}

test('records are read from the offset on that was asked for, in whatever batch it lies, up to the last whole batch', () => {
  const large = batch({ at: 3, values: ['d'.repeat(200), 'e', 'f'], codec: Compression.lz4 })
  const cut = batch({ at: 6, values: ['g'] }).subarray(0, 65)
  const found = read([batch({ at: 0, values: ['a', 'b', 'c'] }), large, cut], { offset: 2 })
  expect(found).toEqual({ values: ['2 c', `3 ${'d'.repeat(200)}`, '4 e', '5 f'], next: 6, unreadable: [] })
})

test('what an aborted transaction wrote is left out, and what its producer writes after it is not', () => {
  const batches = [
    batch({ at: 0, values: ['undone'], producerId: 7 }),
    batch({ at: 1, values: ['kept'], producerId: 8 }),
    batch({ at: 2, values: ['undone, too'], producerId: 7 }),
    marker(3, 7, false),
    batch({ at: 4, values: ['anew'], producerId: 7 }),
    marker(5, 7, true),
    marker(6, 8, true),
  ]
  const found = read(batches, { aborted: [{ producerId: 7, firstOffset: 0 }] })
  expect(found).toEqual({ values: ['1 kept', '4 anew'], next: 7, unreadable: [] })
  expect(read(batches).values).toHaveLength(4)
})

test('a batch that nothing can be made of is named, and reading goes on behind it', () => {
  const damaged = batch({ at: 1, values: ['x'.repeat(300), 'y'], codec: Compression.lz4 })
  damaged.fill(0xff, 61, damaged.length - 4)
  const found = read([batch({ at: 0, values: ['a'] }), damaged, batch({ at: 3, values: ['b'] })])
  expect(found.values).toEqual(['0 a', '3 b'])
  expect(found).toMatchObject({ next: 4, unreadable: [{ first: 1, last: 2 }] })
})

test('behind bytes that are no batch nothing can be found: it goes on at the end of the partition', () => {
  const nonsense = batch({ at: 1, values: ['a'] })
  nonsense.writeInt32BE(-12, 8)
  expect(batchSize(nonsense)).toBe(0)
  const found = read([batch({ at: 0, values: ['a'] }), nonsense], { end: 9 })
  expect(found).toMatchObject({ values: ['0 a'], next: 9, unreadable: [{ first: 1, last: 8 }] })
})
