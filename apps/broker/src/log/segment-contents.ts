import { batchBaseOffset, batchLastOffset, batchMaxTimestamp, batchSize } from '#libs/kafka-protocol'
import { type IndexEntry, SegmentIndex } from './segment-index.ts'

/** What is known of the batches in a segment: where they end, the greatest timestamp among them, and their sparse index. */
export class SegmentContents {
  /** Bytes of whole batches in the page cache. */
  size: number
  /** First offset after them; like the greatest timestamp, true only when they are described. */
  endOffset: number
  maxTimestamp = -1
  isDescribed: boolean
  /** Undefined while nobody needs it. */
  index: SegmentIndex | undefined
  /** The index is in its file as it is here. */
  isSaved = true
  private sinceIndexed = 0

  constructor(
    private readonly baseOffset: number,
    size: number,
  ) {
    this.size = size
    this.endOffset = baseOffset
    this.isDescribed = size === 0
    if (size === 0) this.index = new SegmentIndex(baseOffset)
  }

  /** What an index that is saved now covers. */
  get covers(): IndexEntry {
    return { offset: this.endOffset, position: this.size, maxTimestamp: this.maxTimestamp }
  }

  /** Notes one batch at `position`, by which the segment now ends. */
  note(bytes: Buffer, at: number, position: number, indexInterval: number): void {
    const size = batchSize(bytes, at)
    if (this.sinceIndexed >= indexInterval) {
      this.index!.append({ offset: batchBaseOffset(bytes, at), position, maxTimestamp: this.maxTimestamp })
      this.sinceIndexed = 0
    }
    this.sinceIndexed += size
    this.size = position + size
    this.endOffset = batchLastOffset(bytes, at) + 1
    this.maxTimestamp = Math.max(this.maxTimestamp, batchMaxTimestamp(bytes, at))
    this.isSaved = false
  }

  /** The index as it was stored, which need not cover everything. */
  load(index: SegmentIndex, covers: IndexEntry): void {
    this.index = index
    this.endOffset = covers.offset
    this.maxTimestamp = covers.maxTimestamp
    this.isDescribed = covers.position === this.size
  }

  /** What was found by reading everything again. */
  rebuilt(found: SegmentContents): void {
    this.load(found.index!, found.covers)
    this.isDescribed = true
    this.isSaved = false
  }

  /** Forgets everything behind the last index entry at or before `offset`, and returns the position of that. */
  rewindTo(offset: number): number {
    this.index ??= new SegmentIndex(this.baseOffset)
    this.index.truncateTo(offset)
    const { last } = this.index
    this.size = last.position
    this.load(this.index, last)
    this.sinceIndexed = 0
    this.isSaved = false
    return last.position
  }
}
