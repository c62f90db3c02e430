export interface PendingBatch {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly endOffset: number
  /** Gives back what accepting the batch took, should its write fail. */
  readonly undo: () => void
}

/** Batches that were accepted and are not written yet, in the order of their offsets. */
export class PendingBatches {
  private batches: PendingBatch[] = []
  private length = 0

  get isEmpty(): boolean {
    return this.batches.length === 0
  }

  get bytes(): number {
    return this.length
  }

  get all(): readonly PendingBatch[] {
    return this.batches
  }

  add(batch: PendingBatch): void {
    this.batches.push(batch)
    this.length += batch.bytes.length
  }

  /** The first ones were written; returns where they end. */
  written(run: readonly Buffer[]): number {
    const written = this.batches.splice(0, run.length)
    for (const bytes of run) this.length -= bytes.length
    return written.at(-1)!.endOffset
  }

  /** None of them will be written: offsets and sequence numbers are given back, the latest first. */
  undo(): void {
    for (const { undo } of this.batches.reverse()) undo()
    this.batches = []
    this.length = 0
  }
}
