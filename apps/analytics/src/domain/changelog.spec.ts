import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ShopTask } from './shop-task.ts'

/** A compacted changelog as it was written on that day, and the records of its partition: the first 40 are in it. */
interface Stored {
  readonly partition: number
  readonly records: readonly { readonly timestamp: number; readonly value: string }[]
  readonly changelog: readonly (readonly [key: string, value: string])[]
}

const WRITTEN = 40
const stored = (day: string): Stored =>
  JSON.parse(readFileSync(join(import.meta.dirname, `changelog-${day}.fixture.json`), 'utf8')) as Stored

/** Entries that a state holds which was written before there were visits to be counted: these are ten each. */
const withoutVisits = (entries: number, records: Stored['records']): number => {
  const sessions = records.slice(0, WRITTEN).flatMap(({ value }) => /"session":"([^"]+)"/.exec(value)?.[1] ?? [])
  return entries - 10 * new Set(sessions).size
}

test.each(['20261128', '20261128-visits'])(
  'the state that was written on %s is opened, and goes on as if it had never been away',
  (day) => {
    const hasVisits = day.endsWith('visits')
    const { partition, records, changelog } = stored(day)
    const process = (task: ShopTask, first: number, end?: number) => {
      for (const [n, { timestamp, value }] of records.slice(first, end).entries())
        task.process({ offset: first + n, timestamp, key: null, value: Buffer.from(value) })
    }
    const whole = new ShopTask(partition)
    process(whole, 0, WRITTEN)
    whole.flush()
    const opened = new ShopTask(partition)
    for (const [key, value] of changelog) opened.restore(key, value)
    expect(opened.entries).toBe(hasVisits ? whole.entries : withoutVisits(whole.entries, records))

    process(whole, WRITTEN)
    process(opened, WRITTEN)
    const results = whole.flush().results
    expect(results.length).toBeGreaterThan(10)
    expect(results.some(({ value }) => value?.includes('"P-1":[0,0,0,0,1,2,1980,1'))).toBe(true)
    expect(results.filter(({ key, value }) => key.endsWith('/visits') && value !== null)).toHaveLength(
      hasVisits ? 2 : 0,
    )
    expect(opened.flush().results).toEqual(results)
  },
)

test('a copy that reads the changelog as it is written holds what the task holds, and forgets with it', () => {
  const [task, copy] = [new ShopTask(0), new ShopTask(0)]
  let most = 0
  for (let n = 0; n < 3_000; n++) {
    const common = { v: 1, id: `e-${n}`, time: Date.UTC(2026, 10, 28) + n * 1_000, session: `s-${n % 50}` }
    const event = { ...common, type: 'view', country: 'DE', device: 'app', sku: 'P-1' }
    const value = Buffer.from(JSON.stringify(event))
    task.process({ offset: n, timestamp: common.time, key: null, value })
    if (n % 10 !== 9) continue
    for (const { key, value } of task.flush().changelog) copy.restore(key, value)
    expect(copy.entries).toBe(task.entries)
    most = Math.max(most, copy.entries)
  }
  // Half an hour of steps towards a purchase, an hour of seconds, and 50 visits of ten entries each; not all 3,000 of everything.
  expect(most).toBeGreaterThan(3_000)
  expect(most).toBeLessThan(6_000)
})
