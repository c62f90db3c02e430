/** Keys in one question. */
const MOST = 500

/** Asks for many at once: whatever is wanted while an answer is on its way is the next question. */
export class Batched<Value> {
  #wanted = new Map<string, PromiseWithResolvers<Value | undefined>>()
  #asking = false

  constructor(private readonly ask: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {}

  /** Rejects when the question that it was part of failed. */
  of(key: string): Promise<Value | undefined> {
    let wanted = this.#wanted.get(key)
    if (wanted === undefined) {
      wanted = Promise.withResolvers()
      this.#wanted.set(key, wanted)
    }
    if (!this.#asking) {
      this.#asking = true
      // Whoever else asks in the same turn is in the same question.
      queueMicrotask(() => void this.#run())
    }
    return wanted.promise
  }

  async #run(): Promise<void> {
    while (this.#wanted.size > 0) {
      const batch = [...this.#wanted].slice(0, MOST)
      for (const [key] of batch) this.#wanted.delete(key)
      try {
        const answer = await this.ask(batch.map(([key]) => key))
        for (const [key, { resolve }] of batch) resolve(answer.get(key))
      } catch (error) {
        for (const [, { reject }] of batch) reject(error)
      }
    }
    this.#asking = false
  }
}
