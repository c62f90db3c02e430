import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database, GroupCommit } from '#libs/database'
import { type Evolution, fold } from '#libs/decider'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { aggregate } from './aggregate.ts'
import type { EventMetadata } from './event.ts'
import { readState } from './read-state.ts'

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await testDatabase('order')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

type Counted = { type: 'counted'; data: { n: number } }
interface Tally {
  readonly sum: number
  readonly last: number[]
}
/** Order matters, so that an event that is missed or counted twice shows. */
const plain: Evolution<Tally, Counted> = {
  initial: { sum: 0, last: [] },
  evolve: ({ sum, last }, { data: { n } }) => ({ sum: (sum * 31 + n) % 1_000_003, last: [...last, n].slice(-3) }),
}
const EVERY = 4
const kept: Evolution<Tally, Counted> = { ...plain, snapshots: { every: EVERY, kept: 3, version: 2 } }

const metadata: EventMetadata = { messageId: 'm', causationId: 'c', correlationId: 'o' }
const event = (n: number) => ({ type: 'counted' as const, data: { n }, metadata })

let streams = 0
const newStream = (): string => `tally-${++streams}`
const START = Date.UTC(2026, 0, 1)
/** Five minutes between two transactions. */
const moment = (i: number): Date => new Date(START + i * 300_000)

const append = (evolution: Evolution<Tally, Counted>, stream: string, numbers: readonly number[], now = new Date()) =>
  new GroupCommit(database, { clock: () => now }).submit({
    run: async (uow) => (await aggregate(uow, evolution, stream)).append(numbers.map(event)),
  })
const load = (evolution: Evolution<Tally, Counted>, stream: string) =>
  new GroupCommit(database).submit({
    run: async (uow) => {
      const { state, version } = await aggregate(uow, evolution, stream)
      return { state, version }
    },
  })
const versionsOf = async (stream: string): Promise<[number, number][]> => {
  const rows = await database.query<{ version: number; state_version: number }>(
    'SELECT version, state_version FROM snapshots WHERE stream_id = $1 ORDER BY version',
    stream,
  )
  return rows.map(({ version, state_version }) => [version, state_version])
}
/** Events of a stream that are there no more: only whoever reads from a snapshot still knows what they were. */
const forget = (stream: string, upTo: number) =>
  database.execute('DELETE FROM events WHERE stream_id = $1 AND version < $2::int', stream, upTo)

describe('snapshots', () => {
  test('are taken every so many events, in the transaction of the append, and the oldest go', async () => {
    const stream = newStream()
    for (let n = 1; n <= 30; n++) await append(kept, stream, [n])
    expect(await versionsOf(stream)).toEqual([20, 24, 28].map((version) => [version, 2]))
    await expect(
      new GroupCommit(database).submit({
        run: async (uow) => {
          ;(await aggregate(uow, kept, stream)).append([31, 32].map(event))
          await uow.flush()
          throw new Error('and yet not')
        },
      }),
    ).rejects.toThrow('and yet not')
    expect(await versionsOf(stream)).toEqual([20, 24, 28].map((version) => [version, 2]))
  })

  test('are what a stream is loaded from', async () => {
    const stream = newStream()
    for (let n = 1; n <= 10; n++) await append(kept, stream, [n])
    const before = await load(kept, stream)
    await forget(stream, 8)
    expect(await load(kept, stream)).toEqual(before)
    expect(await readState(database, kept, stream)).toMatchObject(before)
  })

  test('of another shape are ignored, and taken anew at the next append', async () => {
    const stream = newStream()
    for (let n = 1; n <= 9; n++) await append(kept, stream, [n])
    await database.execute(
      `UPDATE snapshots SET state = '"of another time"', state_version = 1 WHERE stream_id = $1`,
      stream,
    )
    expect((await load(kept, stream)).state).toEqual((await load(plain, stream)).state)
    expect((await readState(database, kept, stream))?.state).toEqual((await load(plain, stream)).state)
    await append(kept, stream, [10])
    expect((await versionsOf(stream)).at(-1)).toEqual([10, 2])
  })

  test('of an earlier shape from which a step leads are read through it', async () => {
    const stream = newStream()
    for (let n = 1; n <= 9; n++) await append(kept, stream, [n])
    const today = await load(kept, stream)
    const inRows = `json_build_array(state->'sum', state->'last')`
    await database.execute(`UPDATE snapshots SET state = ${inRows}, state_version = 1 WHERE stream_id = $1`, stream)
    await forget(stream, 8)
    const upcast = { 1: ([sum, last]: [number, number[]]) => ({ sum, last }) }
    const evolution = { ...kept, snapshots: { ...kept.snapshots!, upcast } }
    expect(await load(evolution, stream)).toEqual(today)
    expect(await readState(database, evolution, stream)).toMatchObject(today)
  })

  test('change no state, whoever appended with and without them, now and as of any moment', async () => {
    const batch = fc.record({
      numbers: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 7 }),
      by: fc.constantFrom(kept, plain),
      // Clocks differ: the time of an event may be before that of the one that it follows.
      moment: fc.nat(8),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 15 }), async (batches) => {
        const stream = newStream()
        const all: { n: number; at: Date }[] = []
        for (const { numbers, by, moment: i } of batches) {
          await append(by, stream, numbers, moment(i))
          all.push(...numbers.map((n) => ({ n, at: moment(i) })))
        }
        const upTo = (count: number) =>
          fold(
            plain,
            all.slice(0, count).map(({ n }) => event(n)),
          )
        expect(await load(kept, stream)).toEqual({ state: upTo(all.length), version: all.length })
        for (const version of new Set([1, Math.ceil(all.length / 2), all.length]))
          expect(await readState(database, kept, stream, { asOf: version })).toMatchObject({
            state: upTo(version),
            version,
          })
        for (const { moment: i } of batches) {
          const count = all.findLastIndex(({ at }) => at <= moment(i)) + 1
          const state = await readState(database, kept, stream, { asOf: moment(i) })
          expect(state).toEqual({ state: upTo(count), version: count, at: all[count - 1]!.at })
        }
        expect(await readState(database, kept, stream, { asOf: moment(-1) })).toBeUndefined()
      }),
      { numRuns: 15, interruptAfterTimeLimit: 8_000 },
    )
  })

  test('are not needed: a long stream is read a part at a time', async () => {
    const stream = newStream()
    const count = 2_500
    await database.execute(
      `INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
       SELECT $1, n, 'counted', json_build_object('n', n), '{"messageId":"m"}',
              '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second', 0
         FROM generate_series(1, $2::int) AS n`,
      stream,
      count,
    )
    const upTo = (version: number) =>
      fold(
        plain,
        Array.from({ length: version }, (_, i) => event(i + 1)),
      )
    for (const version of [1, 999, 1_000, 1_001, 2_000, count])
      for (const asOf of [version, new Date(START + version * 1_000)])
        expect(await readState(database, kept, stream, { asOf })).toMatchObject({ state: upTo(version), version })
    expect(await readState(database, plain, stream)).toMatchObject({ state: upTo(count), version: count })
    expect(await readState(database, plain, stream, { asOf: 0 })).toBeUndefined()
  })

  test('make a stream of 100,000 events as fast to load as one of a few', async () => {
    const stream = newStream()
    const long: Evolution<Tally, Counted> = { ...plain, snapshots: { every: 200, kept: 10, version: 1 } }
    await database.execute(
      `INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
       SELECT $1, n, 'counted', json_build_object('n', n), '{"messageId":"m","causationId":"c"}', now(), 0
         FROM generate_series(1, 100000) AS n`,
      stream,
    )
    const timed = async () => {
      const startedAt = performance.now()
      const loaded = await load(long, stream)
      return { ...loaded, ms: performance.now() - startedAt }
    }
    const { ms: fromTheStart, ...whole } = await timed()
    await append(long, stream, [7])
    await append(long, stream, [8])
    const runs: number[] = []
    for (let i = 0; i < 20; i++) {
      const { ms, ...loaded } = await timed()
      runs.push(ms)
      expect(loaded).toEqual({ state: fold(plain, [event(7), event(8)], whole.state), version: 100_002 })
    }
    const best = Math.min(...runs)
    expect(best).toBeLessThan(fromTheStart / 5)
  })
})
