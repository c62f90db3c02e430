import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '#libs/contracts'
import { factsOf, returnOf } from '../../apps/query/src/orders.fixture.ts'
import { type QueryAlone, startQueryAlone } from '../support/query-alone.ts'
import { until } from '../support/until.ts'

/** What is there when the rebuild begins: some 50,000 records. */
const ORDERS = 6_000
/** Orders that are told while it goes on, and how long after each other, milliseconds: more than live is at rest. */
const TOLD_AT_ONCE = 5
const GAP_MS = 100
/** How much of the topics is in the new version when the process is killed. */
const KILLED_AT = [0.15, 0.45]

interface Version {
  version: number
  state: string
  records: number
  comparison: {
    missing: number
    added: number
    differing: number
    serving: number
    candidate: number
    servingDigest: string
    candidateDigest: string
  } | null
}
interface Projection {
  position: number
  servingVersion: number | null
  versions: Version[]
}

let query: QueryAlone
let published = 0
beforeAll(async () => {
  query = await startQueryAlone()
  await tell(Array.from({ length: ORDERS }, (_, n) => storyOf('before', n)).flat())
  await caughtUp()
})
afterAll(() => query?.stop())

const storyOf = (run: string, n: number): Message[] => [...factsOf(run, n), ...(n % 9 === 0 ? returnOf(run, n) : [])]
const tell = async (facts: readonly Message[]): Promise<void> => {
  await query.publish(facts)
  published += facts.length
}
const projection = () => query.get<Projection>('/projections/orders')
const newest = async (): Promise<Version> => (await projection()).versions[0]!
const caughtUp = () =>
  until('everything to be projected', async () => (await projection()).position >= published || undefined, {
    timeoutMs: 120_000,
  })
const rebuilt = async (): Promise<Version> => {
  const { body } = await query.post<{ version: number }>('/projections/orders/rebuild')
  await until(
    'the new version to serve',
    async () => (await projection()).servingVersion === body.version || undefined,
    {
      timeoutMs: 180_000,
    },
  )
  return newest()
}

/** What readers are told of one order. All that is known of it was told before the rebuild began. */
const answerOf = (n: number) => query.get(`/orders/${factsOf('before', n)[0]!.subject}`)
const historyOf = (n: number) => query.get(`/customers/${factsOf('before', n)[0]!.key}/history?limit=200`)

const watched = [0, 1, 2, 9, ORDERS - 1]
const look = async () => ({
  orders: await Promise.all(watched.map(answerOf)),
  histories: await Promise.all(watched.slice(0, 3).map(historyOf)),
})

/** Tells of more orders and looks at those of before all the while that the work takes; answers how often it looked. */
const underLoad = async (work: () => Promise<void>): Promise<number> => {
  const before = await look()
  let [working, looks] = [true, 0]
  const telling = async () => {
    for (let n = 0; working; n += TOLD_AT_ONCE) {
      await tell(Array.from({ length: TOLD_AT_ONCE }, (_, i) => storyOf('meanwhile', n + i)).flat())
      await pause(GAP_MS)
    }
  }
  const reading = async () => {
    for (; working; looks++) expect(await look()).toEqual(before)
  }
  const done = work().finally(() => {
    working = false
  })
  await Promise.all([done, telling(), reading()])
  return looks
}

/** Kills the process when that part of the topics is in the version that is being filled; nothing of it may be lost. */
const killAt = async (part: number, after: number): Promise<void> => {
  const filled = await until(
    `${part} of the records to be filled`,
    async () => {
      const { state, version, records } = await newest()
      if (version === after) return undefined
      expect(state).toBe('filling')
      return records >= part * published ? records : undefined
    },
    { everyMs: 10, timeoutMs: 120_000 },
  )
  await query.kill9()
  const { records, state } = await newest()
  expect(state).toBe('filling')
  expect(records).toBeGreaterThanOrEqual(filled)
}

test('a rebuild under messages, killed twice on its way: reads stay right, it goes on where it was, and nothing differs', {
  timeout: 400_000,
}, async () => {
  const looks = await underLoad(async () => {
    const serving = (await projection()).servingVersion!
    const work = rebuilt()
    for (const part of KILLED_AT) await killAt(part, serving)
    const { records, comparison } = await work
    // Each record was taken once: had a process begun anew, what the killed one had done would be counted twice.
    expect(records).toBeLessThanOrEqual(published)
    expect(records).toBeGreaterThan(published / 2)
    expect(comparison).toMatchObject({ missing: 0, added: 0, differing: 0 })
  })
  expect(looks).toBeGreaterThan(3)
})

test('a version that was rebuilt under kills is the one that is rebuilt at rest, by its digest', async () => {
  await caughtUp()
  const { comparison } = await rebuilt()
  expect(comparison).toMatchObject({ missing: 0, added: 0, differing: 0 })
  expect(comparison!.candidateDigest).toBe(comparison!.servingDigest)
  expect(comparison!.candidate).toBe(comparison!.serving)
  expect(comparison!.candidate).toBeGreaterThanOrEqual(ORDERS)
})
