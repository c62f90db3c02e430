import { inspect } from 'node:util'
import { stringify } from 'fast-check'

const SECONDS = 15

/**
 * A property's predicate that is tried for 15 seconds and then only says yes: on a machine that is slow or busy fewer
 * runs are tried, and the test still ends in time. Once a run has failed it is tried for as long as shrinking takes;
 * the first failure is printed at once, so that a test whose time ends while it shrinks has said what was wrong.
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
  const isOver = () => {
    until ??= process.env.FUZZ_RUNS === undefined ? performance.now() + SECONDS * 1000 : Number.POSITIVE_INFINITY
    return performance.now() > until
  }
  const failed = (args: unknown[], error: unknown) => {
    if (!hasFailed) process.stderr.write(`The first run that failed: ${stringify(args)}\n${inspect(error)}\n`)
    hasFailed = true
    until = Number.POSITIVE_INFINITY
  }
  return Object.assign(isOver, { failed })
}
