import { crc32c as native } from '@node-rs/crc32'

/** CRC-32C (Castagnoli) as an unsigned number; pass the previous result to continue over the next piece. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  return native(bytes, previous)
}
