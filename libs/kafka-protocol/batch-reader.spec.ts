import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchReader } from './batch-reader.ts'
import { BatchWriter, type TextRecord } from './batch-writer.ts'
import { MalformedError } from './reader.ts'
import { BATCH_OVERHEAD } from './record-batch.ts'

const stamp = { timestamp: 1, producerId: 1, producerEpoch: 0, baseSequence: 0 }
const write = (records: readonly TextRecord[]): Buffer => new BatchWriter().write(records, 0, 1_000_000, stamp).bytes
const reader = new BatchReader()

/** A batch of one record that has these headers, one byte of length each. */
const withHeaders = (...headers: [name: string, value: string | null][]): Buffer => {
  const text = (value: string | null) => (value === null ? [1] : [value.length * 2, ...Buffer.from(value)])
  const body = [0, 0, 0, 1, 1, headers.length * 2, ...headers.flatMap(([n, value]) => [...text(n), ...text(value)])]
  const batch = Buffer.concat([Buffer.alloc(BATCH_OVERHEAD), Buffer.of(body.length * 2, ...body)])
  batch.writeInt32BE(batch.length - 12, 8)
  batch.writeInt32BE(1, 57)
  return batch
}

const text = fc.oneof(fc.string({ maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 40 }))
const record: fc.Arbitrary<TextRecord> = fc.record({
  key: fc.option(text),
  value: fc.option(text),
  headers: fc.dictionary(text, text, { maxKeys: 12, noNullPrototype: true }),
})

describe('the records of a batch', () => {
  test('are what was written, wherever in the bytes it begins', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), fc.nat(20), (records, before) => {
        const bytes = Buffer.concat([Buffer.alloc(before), write(records), Buffer.alloc(3, 0xff)])
        const read = reader.read(bytes, before)
        expect(
          read.map(({ key, value, headers }) => ({
            key: key?.toString() ?? null,
            value: value?.toString() ?? null,
            headers,
          })),
        ).toEqual(records)
        expect(read.map(({ offsetDelta }) => offsetDelta)).toEqual(records.map((_, i) => i))
      }),
    )
  })

  test('keep every value of a name that comes several times, and a null', () => {
    const [read] = reader.read(withHeaders(['a', '1'], ['b', null], ['a', '2'], ['a', null]), 0)
    expect(read!.headers).toEqual({ a: ['1', '2', null], b: null })
  })

  test('may have headers named like what every object has', () => {
    const [read] = reader.read(withHeaders(['__proto__', 'x'], ['constructor', 'y']), 0)
    expect(Object.entries(read!.headers)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  test('that do not add up are refused, whichever byte is wrong', () => {
    const good = write([{ key: 'k', value: 'v', headers: { a: 'b', c: 'd' } }])
    fc.assert(
      fc.property(fc.integer({ min: BATCH_OVERHEAD, max: good.length - 1 }), fc.nat(255), (at, byte) => {
        const bad = Buffer.from(good)
        bad[at] = byte
        try {
          reader.read(bad, 0)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
