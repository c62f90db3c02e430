/** What a reader of committed records is told: from this offset on, skip what this producer wrote up to its marker. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface AbortedEntry extends AbortedTransaction {
  /** Offset of the marker. */
  readonly lastOffset: number
  /** No transaction that ends after this one begins below. */
  readonly stableOffset: number
}

const ENTRY = 32

export const abortedPath = (directory: string) => `${directory}/aborted`

/** The aborted transactions of one partition, in the order of their markers. */
export class AbortedTransactions {
  /** Something was added that the file does not hold. */
  changed = false

  constructor(private entries: AbortedEntry[] = []) {}

  get size(): number {
    return this.entries.length
  }

  add(entry: AbortedEntry): void {
    this.entries.push(entry)
    this.changed = true
  }

  /** Takes back the latest `add` if it was of this marker. */
  cancel(lastOffset: number): void {
    if (this.entries.at(-1)?.lastOffset === lastOffset) this.entries.pop()
  }

  /** Those that overlap [from, to), by their first offsets. */
  overlapping(from: number, to: number): AbortedTransaction[] {
    const found: AbortedEntry[] = []
    for (let i = this.indexOfMarker(from); i < this.entries.length; i++) {
      const entry = this.entries[i]!
      if (entry.firstOffset < to) found.push(entry)
      if (entry.stableOffset >= to) break
    }
    return found.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Forgets those with markers at these offsets: nothing of what they wrote is left. */
  forget(markerOffsets: ReadonlySet<number>): void {
    const left = this.entries.filter(({ lastOffset }) => !markerOffsets.has(lastOffset))
    if (left.length === this.entries.length) return
    this.entries = left
    this.changed = true
  }

  /** Forgets what ended below the log start. */
  trimStart(logStartOffset: number): void {
    const gone = this.indexOfMarker(logStartOffset)
    if (gone === 0) return
    this.entries = this.entries.slice(gone)
    this.changed = true
  }

  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.entries.length * ENTRY)
    let at = 0
    for (const { producerId, firstOffset, lastOffset, stableOffset } of this.entries) {
      for (const value of [producerId, firstOffset, lastOffset, stableOffset]) at = bytes.writeDoubleBE(value, at)
    }
    return bytes
  }

  /** Those in `bytes` whose markers are at offsets in [from, to). */
  static decode(bytes: Buffer, from: number, to: number): AbortedTransactions {
    const entries: AbortedEntry[] = []
    for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
      const [producerId, firstOffset, lastOffset, stableOffset] = [0, 8, 16, 24].map((i) => bytes.readDoubleBE(at + i))
      if (lastOffset! < from || lastOffset! >= to) continue
      entries.push({
        ...{ producerId: producerId!, firstOffset: firstOffset! },
        ...{ lastOffset: lastOffset!, stableOffset: stableOffset! },
      })
    }
    return new AbortedTransactions(entries)
  }

  /** Index of the first whose marker is at or after `offset`. */
  private indexOfMarker(offset: number): number {
    let [low, high] = [0, this.entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.entries[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
