import { beforeEach, expect, test } from 'vitest'
import { FrameParser } from '#libs/kafka-protocol'
import { ReceivedMemory } from './received-memory.ts'

let memory: ReceivedMemory
let parser: FrameParser
let frames: Buffer[]

beforeEach(() => {
  memory = new ReceivedMemory()
  parser = new FrameParser(1_000_000)
  frames = []
})

/** What came with one read; the frames in it are in `frames`. */
function receive(...pieces: readonly Uint8Array[]): ArrayBuffer {
  const chunk = Buffer.allocUnsafeSlow(pieces.reduce((bytes, { length }) => bytes + length, 0))
  let at = 0
  for (const piece of pieces) {
    chunk.set(piece, at)
    at += piece.length
  }
  memory.add(chunk)
  parser.push(chunk, (frame) => frames.push(frame))
  return chunk.buffer as ArrayBuffer
}

const LENGTH = 5000
const frame = (text: string): Buffer => {
  const bytes = Buffer.alloc(4 + LENGTH)
  bytes.writeInt32BE(LENGTH, 0)
  bytes.write(text, 4)
  return bytes
}
const textOf = (bytes: Buffer): string => bytes.toString('utf8', 0, bytes.indexOf(0))
const answer = (isKept = false): void => memory.finish(frames.shift()!, isKept)

test('a chunk is freed with the answer to the last request that has bytes of it', () => {
  const chunk = receive(frame('one'), frame('two'), frame('three').subarray(0, 20))
  const next = receive(frame('three').subarray(20), frame('four'))
  answer()
  answer()
  expect(chunk.detached).toBe(false)
  expect(textOf(frames[0]!)).toBe('three')
  answer()
  expect([chunk.detached, next.detached]).toEqual([true, false])
  expect(textOf(frames[0]!)).toBe('four')
  answer()
  expect(next.detached).toBe(true)
})

test('a request that was put together is freed with its own answer', () => {
  receive(frame('one').subarray(0, 2500))
  receive(frame('one').subarray(2500))
  const { buffer } = frames[0]!
  answer()
  expect((buffer as ArrayBuffer).detached).toBe(true)
})

test('a request of which somebody keeps parts stays where it is, alone or among others', () => {
  const chunk = receive(frame('one'), frame('kept'), frame('three'), frame('four').subarray(0, 20))
  const next = receive(frame('four').subarray(20))
  const [, kept, , four] = frames
  answer()
  answer(true)
  answer()
  answer(true)
  expect([chunk.detached, next.detached, textOf(kept!), textOf(four!)]).toEqual([false, false, 'kept', 'four'])
})

test('memory of which the chunk is only a part belongs to somebody else', () => {
  const pool = Buffer.concat([frame('one'), frame('more')])
  const chunk = pool.subarray(0, frame('one').length)
  memory.add(chunk)
  parser.push(chunk, (one) => frames.push(one))
  answer()
  expect(pool.toString()).toContain('more')
})

test('of a frame that is much larger than a chunk, the chunks that came first are left alone', () => {
  const large = Buffer.alloc(4 + 200 * 4096)
  large.writeInt32BE(large.length - 4, 0)
  const chunks = Array.from({ length: 201 }, (_, i) => receive(large.subarray(i * 4096, (i + 1) * 4096)))
  answer()
  expect(chunks.filter(({ detached }) => detached)).toHaveLength(128)
  expect([chunks[0]!.detached, chunks[199]!.detached]).toEqual([false, true])
})
