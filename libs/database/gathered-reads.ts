/**
 * What a part of a unit of work is going to read, gathered until one statement asks for all of it: at `send`, so that
 * it leaves together with the reads of other parts, or as soon as somebody waits for it.
 */
export class GatheredReads<Item> {
  readonly #gathered = new Map<string, Item>()
  readonly #asked = new Set<string>()
  #answered: Promise<unknown> = Promise.resolve()

  /** `read` asks for the items at once and resolves when their answer is kept. */
  constructor(private readonly read: (items: readonly Item[]) => Promise<void>) {}

  announce(id: string, item: Item): void {
    if (!this.#asked.has(id)) this.#gathered.set(id, item)
  }

  /** It is known without reading it. */
  settle(id: string): void {
    this.#gathered.delete(id)
    this.#asked.add(id)
  }

  /** Asks for everything gathered, without waiting. A failure is for whoever waits for any of it. */
  send(): void {
    if (this.#gathered.size === 0) return
    const items = [...this.#gathered.values()]
    for (const id of this.#gathered.keys()) this.#asked.add(id)
    this.#gathered.clear()
    this.#answered = Promise.all([this.#answered, this.read(items)])
    this.#answered.catch(() => {})
  }

  /** Resolves when everything announced is read. */
  async done(): Promise<void> {
    this.send()
    await this.#answered
  }
}
