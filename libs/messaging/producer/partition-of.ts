const SCRATCH = Buffer.allocUnsafeSlow(256)
const BYTES_PER_UNIT = 3
const POSITIVE = 0x7fff_ffff

/** The partition, of `count`, that Java's default partitioner gives a record with this key: the same for every client. */
export const partitionOf = (key: string, count: number): number => {
  if (key.length * BYTES_PER_UNIT > SCRATCH.length) return (murmur2(Buffer.from(key)) & POSITIVE) % count
  return (murmur2(SCRATCH, SCRATCH.write(key)) & POSITIVE) % count
}

const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** Kafka's 32-bit MurmurHash2 of the first `length` bytes. */
export const murmur2 = (bytes: Buffer, length = bytes.length): number => {
  let hash = SEED ^ length
  const tail = length & ~3
  for (let at = 0; at < tail; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M)
    word = Math.imul(word ^ (word >>> R), M)
    hash = Math.imul(hash, M) ^ word
  }
  const rest = length & 3
  if (rest === 3) hash ^= bytes[tail + 2]! << 16
  if (rest >= 2) hash ^= bytes[tail + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[tail]!, M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return hash ^ (hash >>> 15)
}
