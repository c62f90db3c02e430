import { crc32c } from '#libs/kafka-protocol'

/** Bytes of one file that the redo log has until the file itself is synced. */
export interface RedoEntry {
  /** Relative to the data directory. */
  readonly path: string
  readonly position: number
  readonly bytes: readonly Buffer[]
}

/**
 * One append to the redo log, found whole after a crash or not at all:
 *
 *     0  crc         uint32  CRC-32C of everything after it
 *     4  length      uint32  of the whole frame
 *     8  generation  uint32  of the file: what an earlier use of it has left is of another one
 *    12  index       uint32  of the frame in its file
 *    16  entries             uint16 length and bytes of the path, float64 position, uint32 length, then those bytes
 *
 * A length of 0xffffffff says instead that whatever was noted before for files whose path begins so is void.
 */
export const FRAME_HEADER = 16
const ENTRY_OVERHEAD = 2 + 8 + 4
const FORGET = 0xffff_ffff

export interface FramePlace {
  readonly generation: number
  readonly index: number
}

/** Pieces for one write; the bytes of the entries are not copied. */
export function encodeFrame(place: FramePlace, entries: readonly RedoEntry[]): Buffer[] {
  const header = Buffer.allocUnsafe(FRAME_HEADER)
  const pieces: Buffer[] = [header]
  for (const { path, position, bytes } of entries) {
    pieces.push(encodeHead(path, position, total(bytes)), ...bytes)
  }
  return sealed(header, place, pieces)
}

export function encodeForget(place: FramePlace, prefix: string): Buffer[] {
  const header = Buffer.allocUnsafe(FRAME_HEADER)
  return sealed(header, place, [header, encodeHead(prefix, 0, FORGET)])
}

export function total(pieces: readonly Buffer[]): number {
  let bytes = 0
  for (const { length } of pieces) bytes += length
  return bytes
}

function encodeHead(path: string, position: number, length: number): Buffer {
  const pathBytes = Buffer.byteLength(path)
  const head = Buffer.allocUnsafe(ENTRY_OVERHEAD + pathBytes)
  let at = head.writeUInt16BE(pathBytes, 0)
  at += head.write(path, at)
  at = head.writeDoubleBE(position, at)
  head.writeUInt32BE(length, at)
  return head
}

function sealed(header: Buffer, { generation, index }: FramePlace, pieces: Buffer[]): Buffer[] {
  header.writeUInt32BE(total(pieces), 4)
  header.writeUInt32BE(generation, 8)
  header.writeUInt32BE(index, 12)
  let crc = crc32c(header.subarray(4))
  for (let i = 1; i < pieces.length; i++) crc = crc32c(pieces[i]!, crc)
  header.writeUInt32BE(crc, 0)
  return pieces
}

export interface FoundEntry {
  readonly path: string
  readonly position: number
  /** A view of the frame; undefined when what was noted before is void. */
  readonly bytes: Buffer | undefined
}

/** Length of the frame that a header announces. */
export const frameLength = (header: Buffer): number => header.readUInt32BE(4)
export const frameGeneration = (header: Buffer): number => header.readUInt32BE(8)

/** The entries of a whole frame in its place, or undefined. */
export function decodeFrame(frame: Buffer, { generation, index }: FramePlace): FoundEntry[] | undefined {
  if (frameGeneration(frame) !== generation || frame.readUInt32BE(12) !== index) return undefined
  if (crc32c(frame.subarray(4)) !== frame.readUInt32BE(0)) return undefined
  const entries: FoundEntry[] = []
  for (let at = FRAME_HEADER; at < frame.length; ) {
    const pathBytes = frame.readUInt16BE(at)
    const path = frame.toString('utf8', at + 2, at + 2 + pathBytes)
    at += 2 + pathBytes
    const position = frame.readDoubleBE(at)
    const length = frame.readUInt32BE(at + 8)
    at += 12
    if (length === FORGET) entries.push({ path, position, bytes: undefined })
    else entries.push({ path, position, bytes: frame.subarray(at, at + length) })
    if (length !== FORGET) at += length
  }
  return entries
}
