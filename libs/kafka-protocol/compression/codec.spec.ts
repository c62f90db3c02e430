import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedError } from '../reader.ts'
import { Compression } from '../record-batch.ts'
import { compress, decompress } from './codec.ts'

const LIMIT = 1_000_000
const codecs = Object.entries(Compression).filter(([name]) => name !== 'none')

/** From noise to long repetitions, short and longer than a block. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.string({ maxLength: 12 }), fc.nat(8000)).map(([text, times]) => Buffer.from(text.repeat(times))),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))

describe.each(codecs)('%s', (_name, codec) => {
  it('gives back what it took', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        expect(decompress(codec, compress(codec, bytes), LIMIT).equals(bytes)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('answers damage with an error or other bytes, never with anything else', () => {
    const sound = compress(codec, Buffer.from('some words and some words again '.repeat(50)))
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 }), fc.nat(sound.length), (at, mask, end) => {
        const damaged = Buffer.from(sound)
        damaged[at]! ^= mask
        try {
          expect(decompress(codec, damaged.subarray(0, end), LIMIT).length).toBeLessThanOrEqual(LIMIT)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('stops at its limit', () => {
    const bomb = compress(codec, Buffer.alloc(10_000_000))
    expect(() => decompress(codec, bomb, LIMIT)).toThrow(MalformedError)
  })
})

describe('what other implementations wrote', () => {
  it('reads raw snappy', () => {
    // Length 12, a literal of 3, a copy of 9 from 3 back.
    const raw = Buffer.from([12, (3 - 1) << 2, 0x61, 0x62, 0x63, ((9 - 4) << 2) | 1, 3])
    expect(decompress(Compression.snappy, raw, LIMIT).toString()).toBe('abcabcabcabc')
  })

  it('reads linked LZ4 blocks, content sizes and checksums', () => {
    const header = [0x04, 0x22, 0x4d, 0x18, 0x40 | 0x10 | 0x08 | 0x04, 0x40, 8, 0, 0, 0, 0, 0, 0, 0, 0]
    const first = [5, 0, 0, 0, 0x40, 0x61, 0x62, 0x63, 0x64, 9, 9, 9, 9]
    const second = [4, 0, 0, 0, 0x00, 4, 0, 0x00, 9, 9, 9, 9]
    const frame = Buffer.from([...header, ...first, ...second, 0, 0, 0, 0, 9, 9, 9, 9])
    expect(decompress(Compression.lz4, frame, LIMIT).toString()).toBe('abcdabcd')
  })

  it("writes LZ4 as Java's client reads it: version 1, independent blocks", () => {
    const frame = compress(Compression.lz4, Buffer.alloc(200_000, 'abc'))
    expect(frame[4]! & 0xe3).toBe(0x60)
  })
})
