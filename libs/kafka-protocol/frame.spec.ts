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
