import { hash } from 'node:crypto'

/** 16 bytes of hash, 8 of offset. */
const ENTRY = 24
const MAX_LOAD = 0.9
const FIRST_SLOTS = 1024

/**
 * The last offset of each key, in a bounded amount of memory: keys are known by 128 bits of their hash, as in Kafka's
 * SkimpyOffsetMap, so a long key costs no more than a short one. Open addressing; grows by doubling up to its budget.
 */
export class OffsetMap {
  size = 0
  private slots: number
  private readonly maxSlots: number
  private hashes: Uint32Array
  private offsets: Float64Array

  constructor(budgetBytes: number) {
    this.maxSlots = Math.max(FIRST_SLOTS, Math.floor(budgetBytes / ENTRY))
    this.slots = FIRST_SLOTS
    this.hashes = new Uint32Array(FIRST_SLOTS * 4)
    this.offsets = new Float64Array(FIRST_SLOTS).fill(-1)
  }

  get isFull(): boolean {
    return this.size >= Math.floor(this.maxSlots * MAX_LOAD)
  }

  /** False when there is no room for a new key. */
  put(key: Buffer, offset: number): boolean {
    const words = hashOf(key)
    let slot = this.find(words)
    if (this.offsets[slot] === -1) {
      if (this.isFull) return false
      if (this.size >= this.slots * MAX_LOAD) {
        this.grow()
        slot = this.find(words)
      }
      this.hashes.set(words, slot * 4)
      this.size++
    }
    this.offsets[slot] = offset
    return true
  }

  get(key: Buffer): number | undefined {
    const offset = this.offsets[this.find(hashOf(key))]!
    return offset === -1 ? undefined : offset
  }

  /** The slot of this hash, or the free one where it belongs. */
  private find(words: Uint32Array): number {
    const { hashes, offsets, slots } = this
    for (let slot = words[0]! % slots; ; slot = slot + 1 === slots ? 0 : slot + 1) {
      if (offsets[slot] === -1) return slot
      const at = slot * 4
      const isSame =
        hashes[at] === words[0] &&
        hashes[at + 1] === words[1] &&
        hashes[at + 2] === words[2] &&
        hashes[at + 3] === words[3]
      if (isSame) return slot
    }
  }

  private grow(): void {
    const { hashes, offsets, slots } = this
    this.slots = Math.min(this.maxSlots, slots * 2)
    this.hashes = new Uint32Array(this.slots * 4)
    this.offsets = new Float64Array(this.slots).fill(-1)
    for (let slot = 0; slot < slots; slot++) {
      if (offsets[slot] === -1) continue
      const words = hashes.subarray(slot * 4, slot * 4 + 4)
      const target = this.find(words)
      this.hashes.set(words, target * 4)
      this.offsets[target] = offsets[slot]!
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
