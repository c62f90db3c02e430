import { MalformedError } from '../reader.ts'
import { MatchTable } from './match-table.ts'
import { Output } from './output.ts'

/**
 * Snappy as Kafka's clients speak it: either one raw block, or the framing of Java's snappy library: a header of 16
 * bytes, then raw blocks, each behind its length (int32).
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER = Buffer.concat([XERIAL_MAGIC, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])])
const XERIAL_BLOCK = 32 * 1024

const MAX_COPY = 64

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
    const block = encodeBlock(input.subarray(at, at + XERIAL_BLOCK))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

/** varint length, then elements whose two low bits tell a literal (0) from a copy with 1, 2 or 4 bytes of offset. */
function decodeBlock(input: Buffer, output: Output): void {
  let at = 0
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++]
    if (byte === undefined || shift > 28) throw new MalformedError('a snappy block has no length')
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  const start = output.length
  output.reserve(length)
  while (at < input.length) {
    const tag = input[at++]!
    const kind = tag & 3
    if (kind === 0) {
      let size = tag >> 2
      if (size >= 60) {
        const extra = size - 59
        if (at + extra > input.length) throw new MalformedError('a snappy literal is cut short')
        size = input.readUIntLE(at, extra)
        at += extra
      }
      at = output.literal(input, at, size + 1)
    } else {
      const extra = kind === 1 ? 1 : kind === 2 ? 2 : 4
      if (at + extra > input.length) throw new MalformedError('a snappy copy is cut short')
      const low = input.readUIntLE(at, extra)
      at += extra
      if (kind === 1) output.copy(((tag >> 5) << 8) | low, ((tag >> 2) & 7) + 4, start)
      else output.copy(low, (tag >> 2) + 1, start)
    }
  }
  if (output.length - start !== length) throw new MalformedError('a snappy block is not as long as it says')
}

function encodeBlock(input: Buffer): Buffer {
  // A literal costs up to 5 bytes more than it holds, a copy is never longer than what it stands for.
  const output = Buffer.allocUnsafe(16 + input.length + Math.ceil(input.length / 6))
  let at = 0
  let rest = input.length
  for (; rest >= 0x80; rest >>>= 7) output[at++] = (rest & 0x7f) | 0x80
  output[at++] = rest
  const literal = (from: number, to: number): void => {
    if (from === to) return
    const size = to - from - 1
    if (size < 60) output[at++] = size << 2
    else {
      output[at++] = 61 << 2
      at = output.writeUInt16LE(size, at)
    }
    at += input.copy(output, at, from, to)
  }
  const table = new MatchTable(input)
  let written = 0
  for (let position = 0; position + 4 <= input.length; ) {
    const candidate = table.exchange(position)
    if (candidate < 0) {
      position++
      continue
    }
    literal(written, position)
    let size = table.matchLength(candidate, position, input.length)
    const offset = position - candidate
    position += size
    written = position
    for (; size > 0; size -= MAX_COPY) {
      output[at++] = ((Math.min(size, MAX_COPY) - 1) << 2) | 2
      at = output.writeUInt16LE(offset, at)
    }
  }
  literal(written, input.length)
  return output.subarray(0, at)
}
