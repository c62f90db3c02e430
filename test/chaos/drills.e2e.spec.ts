import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fires, rests } from '../../scripts/drills/alert.ts'
import { SystemUnderDrill } from '../../scripts/drills/drill.ts'
import { drills, withoutDrill } from '../../scripts/drills/drills.ts'
import { ROOT } from '../../scripts/root.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'

/** Needs a small disk of its own: test/chaos/full-disk.e2e.spec.ts has one for each kind of file. */
const NOT_HERE = new Set(['disk-full'])

/**
 * Whose alerts are waited for. A rate looks back five minutes and others wait for one: `DRILL_ALERTS=all` has the time for
 * all of them.
 */
const WATCHED = process.env.DRILL_ALERTS === 'all' ? new Set(Object.keys(drills)) : new Set(['outbox-old'])

let running: RunningSystem
let system: SystemUnderDrill

/** What is paused is the bundled broker, too. */
describe.runIf(process.env.KAFKA_BROKERS === undefined)('a drill', () => {
  beforeAll(async () => {
    running = await startSystem()
    system = new SystemUnderDrill(running.url, running.data)
  })
  afterAll(() => running?.stop())

  test.each(Object.keys(drills).filter((alert) => !NOT_HERE.has(alert)))(
    'makes %s for real, shows it, and mends it as its runbook says',
    { timeout: 1_000_000 },
    async (alert) => {
      const isWatched = WATCHED.has(alert)
      const fault = await drills[alert]!.make(system)
      expect(fault.shows).not.toBe('')
      expect(fault.look.length).toBeGreaterThan(1)
      const says = isWatched ? await fires(system, alert, fault) : ''
      process.stdout.write(`${alert}: ${fault.shows}\n  ${says}→ ${await fault.mend()}\n`)
      if (isWatched) await rests(system, alert)
    },
  )

  test('on a disk that others live on is refused', async () => {
    await expect(drills['disk-full']!.make(new SystemUnderDrill(running.url, '/proc/none'))).rejects.toThrow(/--data/)
  })
})

test('every alert that can be had by a drill, and every other, has its runbook', () => {
  const missing = Object.keys({ ...drills, ...withoutDrill }).filter(
    (alert) => !existsSync(join(ROOT, 'docs/runbooks', `${alert}.md`)),
  )
  expect(missing).toEqual([])
})
