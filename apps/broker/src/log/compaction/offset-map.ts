import { hash } from 'node:crypto'

/** 16 bytes of hash, 8 of offset. */
const ENTRY = 24
const MAX_LOAD = 0.9
const MIN_SLOTS = 1024

/**
 * The last offset of each key, in a bounded amount of memory: keys are known by 128 bits of their hash, as in Kafka's
 * SkimpyOffsetMap, so a long key costs no more than a short one. Open addressing in a table that never grows, since
 * moving millions of entries would stop everybody else; the system gives memory only to the pages that are used.
 */
export class OffsetMap {
  size = 0
  private readonly capacity: number
  private readonly slots: number
  private readonly hashes: Uint32Array
  /** Plus one, so that zero is a free slot. */
  private readonly offsets: Float64Array

  constructor(budgetBytes: number, keysAtMost: number) {
    this.slots = Math.max(MIN_SLOTS, Math.min(Math.floor(budgetBytes / ENTRY), Math.ceil(keysAtMost / MAX_LOAD)))
    this.capacity = Math.floor(this.slots * MAX_LOAD)
    this.hashes = new Uint32Array(this.slots * 4)
    this.offsets = new Float64Array(this.slots)
  }

  /** False when there is no room for a new key. */
  put(key: Buffer, offset: number): boolean {
    const words = hashOf(key)
    const slot = this.find(words)
    if (this.offsets[slot] === 0) {
      if (this.size === this.capacity) return false
      this.hashes.set(words, slot * 4)
      this.size++
    }
    this.offsets[slot] = offset + 1
    return true
  }

  get(key: Buffer): number | undefined {
    const stored = this.offsets[this.find(hashOf(key))]!
    return stored === 0 ? undefined : stored - 1
  }

  /** The slot of this hash, or the free one where it belongs. */
  private find(words: Uint32Array): number {
    const { hashes, offsets, slots } = this
    for (let slot = words[0]! % slots; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      if (offsets[slot] === 0) return slot
      let word = 0
      while (word < 4 && hashes[slot * 4 + word] === words[word]) word++
      if (word === 4) return slot
    }
  }
}

const scratch = new Uint32Array(4)

/** Valid until the next call. */
function hashOf(key: Buffer): Uint32Array {
  const digest = hash('sha256', key, 'buffer')
  for (let word = 0; word < 4; word++) scratch[word] = digest.readUInt32LE(word * 4)
  return scratch
}
