/** Runs one piece of work after the other, in the order in which they came, and takes no more than `limit` at a time. */
export class EventQueue {
  private turns: Promise<unknown> = Promise.resolve()
  private waiting = 0

  constructor(private readonly limit: number) {}

  get isFull(): boolean {
    return this.waiting >= this.limit
  }

  /** Takes the work even when it is full: who brings it asks `isFull`, unless there is never more than one of its kind. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.waiting++
    const turn = this.turns.then(work).finally(() => {
      this.waiting--
    })
    this.turns = turn.catch(() => {})
    return turn
  }

  /** Resolves when everything that was taken so far is done. */
  async idle(): Promise<void> {
    await this.turns
  }
}
