import { afterAll } from 'vitest'
import { reads } from './client.ts'

/** A test that gets its answer at the third try looks as green as any: so it is said how often that was. */
afterAll(() => {
  const { asked, repeated } = reads
  if (asked > 0) process.stderr.write(`reads that were told to come again: ${repeated}, of ${asked}\n`)
})
