/** What a connection is to the budget: something that can be told to read again. */
export interface BudgetReader {
  /** There is memory again, or it is this reader's turn to go on without. */
  resume(): void
}

/**
 * Bytes that requests and answers of all connections hold: what has been received and not been dealt with, and what
 * has been answered and not been taken. While it is exhausted, connections that hold more than a little stop reading,
 * and large answers are put off; small requests go on, so that heartbeats and commits do not suffer.
 *
 * So that unfinished requests cannot starve each other for ever, one of the readers that wait is the favourite, which
 * may go on until its request is complete.
 */
export class MemoryBudget {
  private bytes = 0
  private readonly readers = new Set<BudgetReader>()
  private readonly putOff = new Set<() => void>()
  private favourite: BudgetReader | undefined
  private readonly limitOf: () => number

  constructor(limitOf: () => number) {
    this.limitOf = limitOf
  }

  get used(): number {
    return this.bytes
  }

  get limit(): number {
    return this.limitOf()
  }

  get exhausted(): boolean {
    return this.bytes >= this.limitOf()
  }

  get overdrawn(): boolean {
    return this.bytes >= 2 * this.limitOf()
  }

  take(bytes: number): void {
    this.bytes += bytes
  }

  /** Takes as much of this as is left, and returns how much that is. */
  takeUpTo(bytes: number): number {
    const taken = Math.max(0, Math.min(bytes, this.limitOf() - this.bytes))
    this.bytes += taken
    return taken
  }

  release(bytes: number): void {
    this.bytes -= bytes
    if (this.readers.size > 0 && !this.exhausted) this.resumeReaders()
    if (this.putOff.size > 0 && !this.overdrawn) this.callBack()
  }

  /** Whether this reader, in the middle of a request, may go on although memory is exhausted. */
  mayExceed(reader: BudgetReader): boolean {
    this.favourite ??= reader
    return this.favourite === reader
  }

  /** The reader is resumed when there is memory, or when it is its turn. */
  wait(reader: BudgetReader): void {
    this.readers.add(reader)
  }

  /** The reader has no unfinished request any more, or is gone: another one has its turn. */
  finished(reader: BudgetReader): void {
    this.readers.delete(reader)
    if (this.favourite !== reader) return
    const [next] = this.readers
    this.favourite = next
    if (next === undefined) return
    this.readers.delete(next)
    next.resume()
  }

  /** Calls back, later and once, when it is not overdrawn any more; returns how to prevent it. */
  whenFree(callback: () => void): () => void {
    this.putOff.add(callback)
    return () => this.putOff.delete(callback)
  }

  private resumeReaders(): void {
    const readers = [...this.readers]
    this.readers.clear()
    for (const reader of readers) reader.resume()
  }

  private callBack(): void {
    const callbacks = [...this.putOff]
    this.putOff.clear()
    for (const callback of callbacks) callback()
  }
}
