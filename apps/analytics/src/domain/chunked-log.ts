/** A change of the changelog. */
export interface Change {
  readonly key: string
  readonly value: string | null
}

/**
 * State that is only ever added to, and forgotten by its age: what was added between two commits is one record of the
 * changelog, which is taken away when the newest in it is forgotten.
 */
export class ChunkedLog {
  /** The numbers of the chunks that are there, each with the newest time in it. */
  readonly #chunks = new Map<number, number>()
  #next = 0

  constructor(private readonly name: string) {}

  /** The change that adds a chunk. */
  add(content: unknown, newest: number): Change {
    const number = this.#next++
    this.#chunks.set(number, newest)
    return { key: `${this.name}/${number}`, value: JSON.stringify([newest, content]) }
  }

  /** The changes that take away what is not newer than `time`. */
  forget(time: number): Change[] {
    const forgotten: Change[] = []
    for (const [number, newest] of this.#chunks) {
      if (newest > time) continue
      this.#chunks.delete(number)
      forgotten.push({ key: `${this.name}/${number}`, value: null })
    }
    return forgotten
  }

  /** The content of a chunk that was read; undefined when the change is not about this log or took a chunk away. */
  restore({ key, value }: Change): unknown {
    const number = Number(key.slice(this.name.length + 1))
    this.#next = Math.max(this.#next, number + 1)
    this.#chunks.delete(number)
    if (value === null) return undefined
    const [newest, content] = JSON.parse(value) as [number, unknown]
    this.#chunks.set(number, newest)
    return content
  }

  /** True for a key of this log. */
  owns(key: string): boolean {
    return key.startsWith(`${this.name}/`)
  }
}
