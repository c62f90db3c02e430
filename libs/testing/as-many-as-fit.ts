import { inspect } from 'node:util'
import { configureGlobal, readConfigureGlobal, stringify } from 'fast-check'

const MS = 15_000
/** Together less than a test has. */
const SHRINKING_MS = 10_000

// Reports keep the message of an error, and not its cause.
configureGlobal({ ...readConfigureGlobal(), includeErrorInReport: true })

/**
 * A property's predicate that is tried for 15 seconds and then only says yes: on a machine that is slow or busy fewer
 * runs are tried, and the test still ends in time. Once a run has failed there are ten seconds more for shrinking, after
 * which the property fails with the smallest counterexample until then, and the seed and path that lead to it. The first
 * failure is printed at once, should a run take so long that the test's time is over before.
 * Whoever asks for a number of runs by `FUZZ_RUNS` gets them all, and as much shrinking as there is.
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
      isOver.failed(args, error)
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
      isOver.failed(args, error)
      throw error
    }
  }
}

/** Runs from the first question on. */
function timeLimit(): { (): boolean; failed(args: unknown[], error: unknown): void } {
  let until: number | undefined
  let hasFailed = false
  const inAtMost = (ms: number) => (process.env.FUZZ_RUNS === undefined ? performance.now() + ms : Infinity)
  const isOver = () => {
    until ??= inAtMost(MS)
    return performance.now() > until
  }
  const failed = (args: unknown[], error: unknown) => {
    if (hasFailed) return
    hasFailed = true
    process.stderr.write(`The first run that failed: ${stringify(args)}\n${inspect(error)}\n`)
    until = inAtMost(SHRINKING_MS)
  }
  return Object.assign(isOver, { failed })
}
