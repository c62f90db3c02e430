/** Long enough to spare whoever is asked, too short to be noticed by whoever looks. Milliseconds. */
const LIFE_MS = 1_000

/**
 * A question that costs more than it is worth to answer for everybody anew: whoever asks while an answer is on its way,
 * or within a second of it, gets the same one. A failure is shared with those who wait for it and then forgotten.
 */
export const sharedAnswer = <T>(ask: () => Promise<T>, lifeMs = LIFE_MS): (() => Promise<T>) => {
  let current: Promise<T> | undefined
  return () => {
    if (current !== undefined) return current
    const answer = ask()
    current = answer
    const forget = () => {
      if (current === answer) current = undefined
    }
    answer.then(() => setTimeout(forget, lifeMs).unref(), forget)
    return answer
  }
}
