/**
 * Transactions of one partition that readers of committed records wait for: open ones, and those whose marker has been
 * accepted but is not yet in the page cache, so that a failed write can still take it back.
 */
export class OpenTransactions {
  /** First offset of the oldest; Infinity when there is none. */
  first = Infinity
  /** First offsets, ascending, with the producers. */
  private readonly waiting = new Map<number, number>()
  /** Accepted markers, in their order. */
  private readonly ending: { readonly firstOffset: number; readonly markerOffset: number }[] = []

  begin(firstOffset: number, producerId: number): void {
    this.waiting.set(firstOffset, producerId)
    if (firstOffset < this.first) this.first = firstOffset
  }

  /** Returns the first offset of the oldest transaction that is still open afterwards, or else the one after the marker. */
  end(firstOffset: number, markerOffset: number): number {
    this.ending.push({ firstOffset, markerOffset })
    for (const candidate of this.waiting.keys()) {
      if (!this.ending.some((ended) => ended.firstOffset === candidate)) return candidate
    }
    return markerOffset + 1
  }

  cancelBegin(firstOffset: number): void {
    this.remove(firstOffset)
  }

  /** Takes back the latest `end`. */
  cancelEnd(): void {
    this.ending.pop()
  }

  /** Everything below `highWatermark` is in the page cache. */
  written(highWatermark: number): void {
    while (this.ending.length > 0 && this.ending[0]!.markerOffset < highWatermark) {
      this.remove(this.ending.shift()!.firstOffset)
    }
  }

  private remove(firstOffset: number): void {
    this.waiting.delete(firstOffset)
    if (firstOffset > this.first) return
    this.first = Infinity
    for (const next of this.waiting.keys()) {
      this.first = next
      break
    }
  }
}
