/** Long enough to spare whoever is asked, too short to be noticed by whoever looks. Milliseconds. */
const LIFE_MS = 1_000

/**
 * Questions that cost more than it is worth to answer for everybody anew: whoever asks the same while an answer is on its
 * way, or within its life, gets the same one. A failure is shared with those who wait for it and then forgotten. What is
 * held is what was asked within one life.
 */
export class SharedAnswers<T> {
  readonly #answers = new Map<string, Promise<T>>()

  constructor(private readonly lifeMs = LIFE_MS) {}

  /** @param lifeMs of an answer that `ask` gives now, milliseconds after it came; 0: only those who wait for it share it. */
  get(question: string, ask: () => Promise<T>, lifeMs = this.lifeMs): Promise<T> {
    const known = this.#answers.get(question)
    if (known !== undefined) return known
    const answer = ask()
    this.#answers.set(question, answer)
    const forget = () => {
      if (this.#answers.get(question) === answer) this.#answers.delete(question)
    }
    answer.then(() => (lifeMs === 0 ? forget() : setTimeout(forget, lifeMs).unref()), forget)
    return answer
  }

  /** Whoever asks from now on is answered anew: something has changed that must be seen. */
  clear(): void {
    this.#answers.clear()
  }
}

/** One such question. */
export const sharedAnswer = <T>(ask: () => Promise<T>, lifeMs = LIFE_MS): (() => Promise<T>) => {
  const answers = new SharedAnswers<T>(lifeMs)
  return () => answers.get('', ask)
}
