import { crc32c } from '#libs/kafka-protocol'

/** length and CRC-32C of what follows, both uint32 */
const FRAME_HEADER = 8
const ENTRY_HEADER = 4

/** A stretch of a journal's bytes, from `from` up to `to`. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** All of `entries` or, where the frame is not whole, none. */
export function encodeFrame(entries: readonly Buffer[]): Buffer {
  const payload = entries.reduce((sum, entry) => sum + ENTRY_HEADER + entry.length, 0)
  const bytes = Buffer.allocUnsafe(FRAME_HEADER + payload)
  let at = FRAME_HEADER
  for (const entry of entries) {
    at = bytes.writeUInt32BE(entry.length, at)
    at += entry.copy(bytes, at)
  }
  bytes.writeUInt32BE(payload, 0)
  bytes.writeUInt32BE(crc32c(bytes.subarray(FRAME_HEADER)), 4)
  return bytes
}

/** Visits the entries of the frames from `from` on; returns where the first frame begins that is missing or damaged. */
export function readFrames(bytes: Buffer, from: number, visit: (entry: Buffer) => void): number {
  let at = from
  for (let end = frameEnd(bytes, at); end !== undefined; end = frameEnd(bytes, at)) {
    for (let entry = at + FRAME_HEADER; entry < end; ) {
      const begin = entry + ENTRY_HEADER
      entry = begin + bytes.readUInt32BE(entry)
      visit(bytes.subarray(begin, entry))
    }
    at = end
  }
  return at
}

/** Where the next whole frame begins, behind one that is not; undefined when there is none. */
export function nextFrame(bytes: Buffer, after: number): number | undefined {
  for (let at = after; at + FRAME_HEADER < bytes.length; at++) if (frameEnd(bytes, at) !== undefined) return at
  return undefined
}

/** The whole frames of a journal, wherever they are. */
export function wholeFrames(bytes: Buffer): Stretch[] {
  const found: Stretch[] = []
  for (let from: number | undefined = 0; from !== undefined; ) {
    const to = readFrames(bytes, from, () => {})
    if (to > from) found.push({ from, to })
    from = nextFrame(bytes, to + 1)
  }
  return found
}

/** Where the frame at `at` ends, if it is whole. */
function frameEnd(bytes: Buffer, at: number): number | undefined {
  if (at + FRAME_HEADER > bytes.length) return undefined
  const payload = bytes.readUInt32BE(at)
  const end = at + FRAME_HEADER + payload
  // A frame of zeros is a file that grew before its data arrived; its CRC would be right.
  if (payload < ENTRY_HEADER || end > bytes.length || !isTiled(bytes, at + FRAME_HEADER, end)) return undefined
  return crc32c(bytes.subarray(at + FRAME_HEADER, end)) === bytes.readUInt32BE(at + 4) ? end : undefined
}

/** The entries fill the payload exactly: asked first, since at most places of a file they do not. */
function isTiled(bytes: Buffer, from: number, end: number): boolean {
  let at = from
  while (at + ENTRY_HEADER <= end) at += ENTRY_HEADER + bytes.readUInt32BE(at)
  return at === end
}
