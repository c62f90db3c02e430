import { MalformedError } from '../reader.ts'
import { MatchTable } from './match-table.ts'
import { Output } from './output.ts'

/**
 * The LZ4 frame format: magic, descriptor, blocks behind their length (uint32, high bit = not compressed), end mark.
 * Checksums are skipped: the CRC of the record batch covers all of it.
 */
const MAGIC = 0x184d2204
const Flag = {
  version: 0xc0,
  versionOne: 0x40,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  dictionary: 0x01,
}
const UNCOMPRESSED = 0x8000_0000

/** Version 1, independent blocks of at most 64 KiB, no checksums; the last byte is the descriptor's own checksum. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const BLOCK = 64 * 1024
const END_MARK = Buffer.alloc(4)

/** The format forbids a match that begins in the last 12 bytes or reaches into the last 5. */
const NO_MATCH_START = 12
const LAST_LITERALS = 5

/** Throws MalformedError for damaged input and for more than `limit` bytes of output. */
export function lz4Decompress(input: Buffer, limit: number): Buffer {
  const output = new Output(limit)
  for (let at = 0; at < input.length; ) at = decodeFrame(input, at, output)
  return output.bytes()
}

export function lz4Compress(input: Buffer): Buffer {
  const parts: Buffer[] = [HEADER]
  for (let at = 0; at < input.length; at += BLOCK) {
    const block = input.subarray(at, at + BLOCK)
    const compressed = encodeBlock(block)
    const length = Buffer.alloc(4)
    const isSmaller = compressed.length < block.length
    length.writeUInt32LE(isSmaller ? compressed.length : (block.length | UNCOMPRESSED) >>> 0)
    parts.push(length, isSmaller ? compressed : block)
  }
  return Buffer.concat([...parts, END_MARK])
}

function decodeFrame(input: Buffer, start: number, output: Output): number {
  if (start + HEADER.length > input.length || input.readUInt32LE(start) !== MAGIC) {
    throw new MalformedError('this is no LZ4 frame')
  }
  const flags = input[start + 4]!
  if ((flags & Flag.version) !== Flag.versionOne || (flags & Flag.dictionary) !== 0) {
    throw new MalformedError('an LZ4 frame of an unknown kind')
  }
  let at = start + HEADER.length + (flags & Flag.contentSize ? 8 : 0)
  while (at + 4 <= input.length) {
    const length = input.readUInt32LE(at)
    at += 4
    if (length === 0) return at + (flags & Flag.contentChecksum ? 4 : 0)
    const size = length % UNCOMPRESSED
    if (at + size > input.length) break
    if (length >= UNCOMPRESSED) output.literal(input, at, size)
    else decodeBlock(input.subarray(at, at + size), output)
    at += size + (flags & Flag.blockChecksum ? 4 : 0)
  }
  throw new MalformedError('an LZ4 frame is cut short')
}

/** Sequences: a token with two lengths, literals, the offset of a match (uint16); the last one ends after its literals. */
function decodeBlock(input: Buffer, output: Output): void {
  let at = 0
  const lengthFrom = (nibble: number): number => {
    let length = nibble
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) {
      if (at >= input.length) throw new MalformedError('an LZ4 length is cut short')
      byte = input[at++]!
    }
    return length
  }
  while (at < input.length) {
    const token = input[at++]!
    const literals = lengthFrom(token >> 4)
    at = output.literal(input, at, literals)
    if (at === input.length) return
    if (at + 2 > input.length) throw new MalformedError('an LZ4 match is cut short')
    const offset = input.readUInt16LE(at)
    at += 2
    output.copy(offset, lengthFrom(token & 15) + 4)
  }
}

function encodeBlock(input: Buffer): Buffer {
  const output = Buffer.allocUnsafe(input.length + Math.ceil(input.length / 255) + 16)
  let at = 0
  const extend = (length: number): void => {
    for (let rest = length - 15; rest >= 0; rest -= 255) output[at++] = Math.min(rest, 255)
  }
  const sequence = (from: number, to: number, offset: number, match: number): void => {
    const literals = to - from
    const matchCode = match === 0 ? 0 : match - 4
    output[at++] = (Math.min(literals, 15) << 4) | Math.min(matchCode, 15)
    extend(literals)
    at += input.copy(output, at, from, to)
    if (match === 0) return
    at = output.writeUInt16LE(offset, at)
    extend(matchCode)
  }
  const table = new MatchTable(input)
  let written = 0
  for (let position = 0; position <= input.length - NO_MATCH_START; ) {
    const candidate = table.exchange(position)
    if (candidate < 0) {
      position++
      continue
    }
    const match = table.matchLength(candidate, position, input.length - LAST_LITERALS)
    sequence(written, position, position - candidate, match)
    position += match
    written = position
  }
  sequence(written, input.length, 0, 0)
  return output.subarray(0, at)
}
