import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BATCH_OVERHEAD, batchAttributes, batchRecordsCount, compressionOf, ErrorCode } from '#libs/kafka-protocol'
import { sealBatch, testBatch } from './batch.fixture.ts'
import { validateBatch } from './batch-validation.ts'
import { defaultLogConfig } from './log-config.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 2000)
const NOW = 10_000
const LEADER_EPOCH = { from: 12, to: 16 }

const batch = fc
  .record({
    values: fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 5 }),
    timestamps: fc.array(fc.nat(NOW), { minLength: 1, maxLength: 3 }),
    producerId: fc.option(fc.nat(1000), { nil: undefined }),
  })
  .map(({ producerId, ...batch }) => testBatch({ ...batch, ...(producerId === undefined ? {} : { producerId }) }))
const place = fc.double({ min: 0, max: 0.999_999, noNaN: true })

const validate = (bytes: Buffer) => validateBatch(bytes, defaultLogConfig, NOW)

describe('a batch from a producer', () => {
  test('with any bit flipped is refused, but for the epoch that the broker sets itself', () => {
    fc.assert(
      fc.property(batch, place, (bytes, where) => {
        expect(validate(bytes)).toBeUndefined()
        const bit = Math.floor(where * bytes.length * 8)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        const isEpoch = bit >> 3 >= LEADER_EPOCH.from && bit >> 3 < LEADER_EPOCH.to
        if (isEpoch) expect(validate(bytes)).toBeUndefined()
        else expect([ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD]).toContain(validate(bytes)?.errorCode)
      }),
      { numRuns: RUNS },
    )
  })

  test('that was cut, extended or put together with another is refused', () => {
    fc.assert(
      fc.property(batch, place, fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes, where, more) => {
        const cut = bytes.subarray(0, Math.floor(where * bytes.length))
        for (const damaged of [cut, Buffer.concat([bytes, more]), Buffer.concat([bytes, bytes])]) {
          expect([ErrorCode.CORRUPT_MESSAGE, ErrorCode.INVALID_RECORD]).toContain(validate(damaged)?.errorCode)
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('that lies under a good checksum is refused, unless all that it says of its records is true after all', () => {
    const lie = fc.record({ where: place, byte: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(batch, fc.array(lie, { minLength: 1, maxLength: 4 }), (bytes, lies) => {
        const from = 16
        for (const { where, byte } of lies) bytes[from + Math.floor(where * (bytes.length - from))] = byte
        const refusal = validate(sealBatch(bytes))
        if (refusal === undefined && compressionOf(batchAttributes(bytes)) === 0) readStrictly(bytes)
      }),
      { numRuns: RUNS * 5 },
    )
  })

  test('that is no batch at all is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(validate(Buffer.from(bytes))).toBeDefined()
      }),
      { numRuns: RUNS },
    )
  })
})

/** Reads the records as the strictest of clients would; throws where one of them would not get on. */
function readStrictly(batch: Buffer): void {
  let at = BATCH_OVERHEAD
  const varint = (): number => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = batch.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) break
      if (shift > 63n) throw new Error('a varint of more than 64 bits')
    }
    return Number((value >> 1n) ^ -(value & 1n))
  }
  const bytes = (smallest: -1 | 0): void => {
    const length = varint()
    if (length < smallest) throw new Error(`a length of ${length}`)
    at += Math.max(0, length)
  }
  for (let index = 0; index < batchRecordsCount(batch); index++) {
    const end = varint() + at
    at++
    varint()
    expect(varint()).toBe(index)
    bytes(-1)
    bytes(-1)
    const headers = varint()
    if (headers < 0) throw new Error(`${headers} headers`)
    for (let header = 0; header < headers; header++) {
      bytes(0)
      bytes(-1)
    }
    expect(at).toBe(end)
  }
  expect(at).toBe(batch.length)
}
