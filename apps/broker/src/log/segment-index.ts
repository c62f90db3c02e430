/**
 * Sparse index of one segment by offset and by time: about one entry per `index.interval.bytes`.
 *
 *     0  relativeOffset  uint32   base offset of a batch, minus the segment's base offset
 *     4  position        uint32   where that batch begins in the segment
 *     8  maxTimestamp    float64  greatest timestamp of all batches before it, -1 when there are none
 *
 * The running maximum never falls although clients' timestamps do, so one binary search serves either question.
 * Kafka keeps two files for this; here the same 16 bytes answer both, in memory as on disk.
 */
export const INDEX_ENTRY = 16

/** Relative offsets in an index are 32 bits. */
export const MAX_SEGMENT_OFFSETS = 2 ** 32

export interface IndexEntry {
  readonly offset: number
  readonly position: number
  readonly maxTimestamp: number
}

export class SegmentIndex {
  private bytes: Buffer
  private count = 0

  constructor(
    private readonly baseOffset: number,
    stored?: Buffer,
  ) {
    this.bytes = stored ?? Buffer.alloc(0)
    this.count = this.bytes.length / INDEX_ENTRY
  }

  get last(): IndexEntry {
    return this.entry(this.count - 1)
  }

  append({ offset, position, maxTimestamp }: IndexEntry): void {
    if ((this.count + 1) * INDEX_ENTRY > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(4 * INDEX_ENTRY, this.bytes.length * 2))
      this.bytes.copy(larger, 0, 0, this.count * INDEX_ENTRY)
      this.bytes = larger
    }
    const at = this.count++ * INDEX_ENTRY
    this.bytes.writeUInt32BE(offset - this.baseOffset, at)
    this.bytes.writeUInt32BE(position, at + 4)
    this.bytes.writeDoubleBE(maxTimestamp, at + 8)
  }

  /** Where to begin looking for `offset`: the last entry at or before it, else the start of the segment. */
  forOffset(offset: number): IndexEntry {
    return this.lastWhere((index) => this.entry(index).offset <= offset)
  }

  /** Where to begin looking for the first timestamp ≥ `timestamp`: everything before the entry is older. */
  forTimestamp(timestamp: number): IndexEntry {
    return this.lastWhere((index) => this.entry(index).maxTimestamp < timestamp)
  }

  /** Forgets entries beyond `offset`, which may describe batches that a crash took. */
  truncateTo(offset: number): void {
    while (this.count > 0 && this.last.offset > offset) this.count--
  }

  encode(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.count * INDEX_ENTRY))
  }

  /** Binary search over a predicate that is true for a prefix of the entries. */
  private lastWhere(holds: (index: number) => boolean): IndexEntry {
    let low = -1
    let high = this.count
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (holds(middle)) low = middle
      else high = middle
    }
    return this.entry(low)
  }

  private entry(index: number): IndexEntry {
    if (index < 0) return { offset: this.baseOffset, position: 0, maxTimestamp: -1 }
    const at = index * INDEX_ENTRY
    return {
      offset: this.baseOffset + this.bytes.readUInt32BE(at),
      position: this.bytes.readUInt32BE(at + 4),
      maxTimestamp: this.bytes.readDoubleBE(at + 8),
    }
  }
}
