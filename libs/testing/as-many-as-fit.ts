const SECONDS = 15

/**
 * A property's predicate that is tried for 15 seconds and then only says yes: on a machine that is slow or busy fewer
 * runs are tried, and the test still ends in time. Once a run has failed it is tried for as long as shrinking takes.
 * Whoever asks for a number of runs by `FUZZ_RUNS` gets them all.
 */
export function asManyAsFit<Args extends unknown[]>(
  predicate: (...args: Args) => Promise<void>,
): (...args: Args) => Promise<void> {
  const isOver = timeLimit()
  return async (...args) => {
    if (isOver()) return
    try {
      await predicate(...args)
    } catch (error) {
      isOver.never()
      throw error
    }
  }
}

/** The same for a predicate that waits for nothing. */
export function asManyAsFitNow<Args extends unknown[]>(predicate: (...args: Args) => void): (...args: Args) => void {
  const isOver = timeLimit()
  return (...args) => {
    if (isOver()) return
    try {
      predicate(...args)
    } catch (error) {
      isOver.never()
      throw error
    }
  }
}

/** Runs from the first question on. */
function timeLimit(): { (): boolean; never(): void } {
  let until: number | undefined
  const isOver = () => {
    until ??= process.env.FUZZ_RUNS === undefined ? performance.now() + SECONDS * 1000 : Number.POSITIVE_INFINITY
    return performance.now() > until
  }
  const never = () => {
    until = Number.POSITIVE_INFINITY
  }
  return Object.assign(isOver, { never })
}
