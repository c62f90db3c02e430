export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** Which leader epoch wrote from which offset on, so that a consumer can find out that the log was cut under it. */
export class LeaderEpochs {
  constructor(private starts: EpochStart[] = []) {}

  get latest(): number {
    return this.starts.at(-1)?.epoch ?? -1
  }

  /** A batch of this epoch begins at `offset`. */
  note(epoch: number, offset: number): void {
    if (epoch > this.latest) this.starts.push({ epoch, startOffset: offset })
  }

  /** The greatest epoch ≤ `epoch` and the offset where the next one began; -1, -1 when that is unknown. */
  endOffset(epoch: number, logEndOffset: number): { leaderEpoch: number; endOffset: number } {
    const index = this.starts.findLastIndex((start) => start.epoch <= epoch)
    if (index < 0) return { leaderEpoch: -1, endOffset: -1 }
    return {
      leaderEpoch: this.starts[index]!.epoch,
      endOffset: this.starts[index + 1]?.startOffset ?? logEndOffset,
    }
  }

  epochAt(offset: number): number {
    return this.starts.findLast((start) => start.startOffset <= offset)?.epoch ?? -1
  }

  /** Forgets epochs that ended at or before the log start. */
  trimStart(logStartOffset: number): void {
    while (this.starts.length > 1 && this.starts[1]!.startOffset <= logStartOffset) this.starts.shift()
  }

  list(): readonly EpochStart[] {
    return this.starts
  }
}
