import { afterAll, expect } from 'vitest'
import { reads } from './client.ts'

/** Nothing is broken or overrun on purpose here; elsewhere a read may be repeated as often as its user would bear. */
const CALM = /\/(flows|rest)\.e2e\.spec/
/** Of the reads of such a test file, and a few that a busy machine is forgiven. */
const MOST_REPEATED = 0.02
const FORGIVEN = 3

/** A test that gets its answer at the third try looks as green as any: so it is said how often that was, and bounded. */
afterAll(() => {
  const { asked, repeated } = reads
  if (asked > 0) process.stderr.write(`reads that were told to come again: ${repeated}, of ${asked}\n`)
  if (CALM.test(expect.getState().testPath ?? ''))
    expect(repeated, 'reads that were told to come again').toBeLessThanOrEqual(FORGIVEN + MOST_REPEATED * asked)
})
