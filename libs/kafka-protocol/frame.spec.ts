import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameParser } from './frame.ts'
import { MalformedError } from './reader.ts'

const framed = (payload: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(payload.length)
  return Buffer.concat([length, payload])
}

test('frames come out whole and in order, however the stream is cut', () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 })
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1 }), (frames, cuts) => {
      const stream = Buffer.concat(frames.map(framed))
      const parser = new FrameParser(1000)
      const seen: Buffer[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const end = at + cuts[i % cuts.length]!
        parser.push(stream.subarray(at, end), (frame) => seen.push(frame))
        at = end
      }
      expect(seen.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]))
    }),
  )
})

test.each([0, -1, 1001])('a length of %i is refused as soon as it is read', (length) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  const parser = new FrameParser(1000)
  parser.push(bytes.subarray(0, 3), () => {})
  expect(() => parser.push(bytes.subarray(3), () => {})).toThrow(MalformedError)
})

test('a large frame is put together from pieces of any size', () => {
  const payload = Buffer.alloc(5 * 1024 * 1024).map((_, i) => i % 251)
  const stream = Buffer.concat([framed(Buffer.from([7])), framed(payload), framed(Buffer.from([8, 9]))])
  const parser = new FrameParser(2 ** 24)
  const seen: Buffer[] = []
  for (let at = 0, size = 1; at < stream.length; size = ((size * 7) % 65_521) + 1) {
    parser.push(stream.subarray(at, at + size), (frame) => seen.push(frame))
    at += size
  }
  expect(seen.map((frame) => frame.length)).toEqual([1, payload.length, 2])
  expect(seen[1]!.equals(payload)).toBe(true)
  expect([...seen[2]!]).toEqual([8, 9])
  expect(parser.unfinished).toBe(0)
})
