import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createLogger, fields } from '#libs/observability'

/** How often to look, milliseconds. */
const EVERY_MS = 5_000
/** Share of a processor below which a process is at rest; asking for messages takes a hundredth or two. */
const AT_REST = 0.05
/** So much more memory than after the last collection is worth another one, bytes. */
const WORTH_IT = 12 * 1024 * 1024
/** What a heap takes only after a load, bytes. */
const GROWN = 80 * 1024 * 1024
/** So many looks in a row at rest mean that a load is over. */
const LONG_AT_REST = 4

/**
 * Gives memory back when there is nothing to do. V8 collects when a heap is full, which for a process at rest is never:
 * what its start left behind would stay for hours. One ordinary collection of some fifty milliseconds gives most of
 * that back. What a load has made the heap grow to may take a thorough one, which holds the process up for some two
 * tenths of a second: once, a while after the load.
 */
export const collectAtRest = (everyMs = EVERY_MS): void => {
  const log = createLogger('memory')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'regular' | 'last-resort' }) => void
  /** The least it was since the last collection; 0 before the first. */
  let kept = 0
  let looksAtRest = 0
  let usage = process.cpuUsage()
  const look = () => {
    const { user, system } = process.cpuUsage(usage)
    usage = process.cpuUsage()
    looksAtRest = user + system > AT_REST * everyMs * 1_000 ? 0 : looksAtRest + 1
    const size = heapSize()
    // V8 hands back what a collection freed little by little.
    if (kept > 0) kept = Math.min(kept, size)
    const thorough = looksAtRest === LONG_AT_REST && size > GROWN
    const ordinary = looksAtRest > 0 && size >= kept + WORTH_IT
    if (!thorough && !ordinary) return
    const startedAt = performance.now()
    collect({ type: 'major', flavor: thorough ? 'last-resort' : 'regular' })
    kept = heapSize()
    log.debug('collected', { [fields.durationMs]: Math.round(performance.now() - startedAt), thorough })
  }
  setInterval(look, everyMs).unref()
}

/** What the heap takes from the system. */
const heapSize = (): number => getHeapStatistics().total_physical_size
