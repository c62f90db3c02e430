import { MalformedError } from '../reader.ts'
import { snappy } from './native.ts'
import { Output } from './output.ts'

/**
 * Snappy as Kafka's clients speak it: either one raw block, or the framing of Java's snappy library: a header of 16
 * bytes, then raw blocks, each behind its length (int32).
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const XERIAL_BLOCK = 32 * 1024

/** Throws MalformedError for damaged input and for more than `limit` bytes of output. */
export function snappyDecompress(input: Buffer, limit: number): Buffer {
  const output = new Output(limit)
  if (!input.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) decodeBlock(input, output)
  else {
    for (let at = XERIAL_HEADER.length; at < input.length; ) {
      const length = at + 4 <= input.length ? input.readInt32BE(at) : -1
      if (length < 0 || at + 4 + length > input.length) throw new MalformedError('a snappy block is cut short')
      decodeBlock(input.subarray(at + 4, at + 4 + length), output)
      at += 4 + length
    }
  }
  return output.bytes()
}

/** In the framing, which every client reads. */
export function snappyCompress(input: Buffer): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER]
  for (let at = 0; at < input.length; at += XERIAL_BLOCK) {
    const block = snappy().compressSync(input.subarray(at, at + XERIAL_BLOCK))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

function decodeBlock(input: Buffer, output: Output): void {
  output.expect(uncompressedLength(input))
  output.add(snappy().uncompressSync(input, { asBuffer: true }) as Buffer)
}

/** A block begins with the length of what comes out of it, as a varint. */
function uncompressedLength(input: Buffer): number {
  let length = 0
  for (let at = 0; at * 7 <= 28; at++) {
    const byte = input[at]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) return length
  }
  throw new MalformedError('a snappy block has no length')
}
