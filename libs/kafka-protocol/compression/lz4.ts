import { MalformedError } from '../reader.ts'
import { lz4 } from './native.ts'
import { Output } from './output.ts'

/**
 * The LZ4 frame format: magic, descriptor, blocks behind their length (uint32, high bit = not compressed), end mark.
 * Checksums are skipped: the CRC of the record batch covers all of it, and old clients write a wrong one of the header.
 * So frames are taken apart here, block by block, which also bounds what damaged ones can claim.
 */
const MAGIC = 0x184d2204
const Flag = {
  version: 0xc0,
  versionOne: 0x40,
  independent: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  dictionary: 0x01,
}
const UNCOMPRESSED = 0x8000_0000
const HEADER_BYTES = 7
/** A block that depends on those before it looks back no further. */
const WINDOW = 64 * 1024
/** No byte of a block stands for more. */
const MAX_RATIO = 255

/** Throws MalformedError for damaged input and for more than `limit` bytes of output. */
export function lz4Decompress(input: Buffer, limit: number): Buffer {
  const output = new Output(limit)
  for (let at = 0; at < input.length; ) at = decodeFrame(input, at, output)
  return output.bytes()
}

/** The blocks do not depend on each other: Java's client reads no others. */
export function lz4Compress(input: Buffer): Buffer {
  return lz4().compressFrameSync(input)
}

function decodeFrame(input: Buffer, start: number, output: Output): number {
  if (start + HEADER_BYTES > input.length || input.readUInt32LE(start) !== MAGIC) {
    throw new MalformedError('this is no LZ4 frame')
  }
  const flags = input[start + 4]!
  if ((flags & Flag.version) !== Flag.versionOne || (flags & Flag.dictionary) !== 0) {
    throw new MalformedError('an LZ4 frame of an unknown kind')
  }
  const maxBlock = maxBlockOf(input[start + 5]!)
  let at = start + HEADER_BYTES + (flags & Flag.contentSize ? 8 : 0)
  while (at + 4 <= input.length) {
    const length = input.readUInt32LE(at)
    at += 4
    if (length === 0) return at + (flags & Flag.contentChecksum ? 4 : 0)
    const size = length % UNCOMPRESSED
    if (at + size > input.length) break
    const block = input.subarray(at, at + size)
    if (length >= UNCOMPRESSED) output.add(block)
    else output.add(decodeBlock(block, maxBlock, output, (flags & Flag.independent) === 0))
    at += size + (flags & Flag.blockChecksum ? 4 : 0)
  }
  throw new MalformedError('an LZ4 frame is cut short')
}

/** 64 KiB, 256 KiB, 1 MiB or 4 MiB. */
function maxBlockOf(descriptor: number): number {
  const size = (descriptor >> 4) & 7
  if (size < 4) throw new MalformedError('an LZ4 frame with blocks of an unknown size')
  return 2 ** (8 + 2 * size)
}

function decodeBlock(block: Buffer, maxBlock: number, output: Output, isLinked: boolean): Buffer {
  // The package wants to be told in front of the block how much comes out of it at most.
  const sized = Buffer.allocUnsafe(4 + block.length)
  const most = Math.min(maxBlock, block.length * MAX_RATIO, output.room)
  sized.writeUInt32LE(most)
  block.copy(sized, 4)
  return lz4().uncompressSync(sized, isLinked ? output.last(WINDOW) : undefined)
}
