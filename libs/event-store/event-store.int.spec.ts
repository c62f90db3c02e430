import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ConcurrencyConflict, Database, GroupCommit, UnitOfWork } from '#libs/database'
import { countStatements, type TestDatabase, testDatabase } from '#libs/testing'
import { aggregate } from './aggregate.ts'
import type { DomainEvent, NewEvent, StoredEvent } from './event.ts'
import { EventStreams } from './event-streams.ts'
import { readAll, START } from './sql/read-all.ts'
import { readStream } from './sql/read-stream.ts'

const PATIENCE = { timeout: 30_000, interval: 10 }

let streams = 0
const newStream = (): string => `stream-${++streams}`

const event = (n: number): NewEvent<'counted', { n: number }> => ({
  type: 'counted',
  data: { n },
  metadata: { messageId: `m${n}`, causationId: 'c', correlationId: 'o', actor: 'test' },
})
const numbers = (events: readonly DomainEvent[]): number[] => events.map(({ data }) => (data as { n: number }).n)

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

const commit = <T>(work: (uow: UnitOfWork) => Promise<T>, now = new Date()): Promise<T> =>
  new GroupCommit(database, { clock: () => now }).submit({ run: work })
const append = (streamId: string, expected: number, ...events: NewEvent[]): Promise<void> =>
  commit(async (uow) => uow.part(EventStreams).append(streamId, expected, events))

/** A transaction that has an id and stays open until `finish` is called. */
const openTransaction = async () => {
  const started = Promise.withResolvers<UnitOfWork>()
  const finished = Promise.withResolvers<void>()
  const committed = database.transaction(async (tx) => {
    const uow = new UnitOfWork(tx, new Date())
    await uow.query('SELECT pg_current_xact_id()::text')
    started.resolve(uow)
    await finished.promise
    await uow.flush()
  })
  committed.catch(started.reject)
  const finish = (): Promise<void> => {
    finished.resolve()
    return committed
  }
  return { uow: await started.promise, finish }
}

const readEverything = async (pageSize: number): Promise<StoredEvent[]> => {
  const all: StoredEvent[] = []
  for (let after = START; ; ) {
    const page = await readAll(database, after, pageSize)
    all.push(...page)
    if (page.length < pageSize) return all
    after = page.at(-1)!.position
  }
}

describe('a stream', () => {
  test('gives back what was appended, in order and with everything about it', async () => {
    const id = newStream()
    const at = new Date('2026-01-02T03:04:05.678Z')
    await commit(async (uow) => uow.part(EventStreams).append(id, 0, [event(1), event(2)]), at)
    await append(id, 2, event(3))
    const events = await readStream(database, id)
    expect(numbers(events)).toEqual([1, 2, 3])
    expect(events[0]).toEqual({ ...event(1), dataVersion: 1, streamId: id, version: 1, at })
  })

  test('named by what correlates its events does not repeat it in each; rows that do are read as they are', async () => {
    const orderId = '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01'
    const id = `payment-${orderId}`
    const about = (correlationId: string) => ({ ...event(1), metadata: { ...event(1).metadata, correlationId } })
    await append(id, 0, about(orderId), about('other'))
    const stored = () =>
      database.query<{ metadata: object }>('SELECT metadata FROM events WHERE stream_id = $1 ORDER BY version', id)
    const [first, second] = await stored()
    expect(first!.metadata).toEqual({ messageId: 'm1', causationId: 'c', actor: 'test' })
    expect(second!.metadata).toEqual(about('other').metadata)
    await database.query(
      'UPDATE events SET metadata = $2::text::json WHERE stream_id = $1 AND version = 1',
      ...[id, JSON.stringify(about(orderId).metadata)],
    )
    await append(id, 2, about(orderId))
    const expected = [orderId, 'other', orderId].map((correlationId) => about(correlationId).metadata)
    expect((await readStream(database, id)).map(({ metadata }) => metadata)).toEqual(expected)
    const ofStream = async () => (await readEverything(100)).filter(({ streamId }) => streamId === id)
    await expect.poll(async () => (await ofStream()).map(({ metadata }) => metadata), PATIENCE).toEqual(expected)
  })

  test.each([
    ['behind', 1],
    ['ahead', 3],
    ['that does not begin', 0],
  ])('refuses an expected version %s of the real one', async (_, expected) => {
    const id = newStream()
    await append(id, 0, event(1), event(2))
    await expect(append(id, expected, event(9))).rejects.toThrow(ConcurrencyConflict)
    await expect(
      commit(async (uow) => {
        await uow.part(EventStreams).load(id)
        uow.part(EventStreams).append(id, expected, [event(9)])
      }),
    ).rejects.toThrow(ConcurrencyConflict)
    expect(numbers(await readStream(database, id))).toEqual([1, 2])
  })

  test('shows its unit of work what that has appended itself', async () => {
    const id = newStream()
    await append(id, 0, event(1))
    await commit(async (uow) => {
      const streams = uow.part(EventStreams)
      streams.append(id, 1, [event(2)])
      expect(numbers((await streams.load(id)).events)).toEqual([1, 2])
      streams.append(id, 2, [event(3)])
      expect(numbers((await streams.load(id)).events)).toEqual([1, 2, 3])
    })
    expect(numbers(await readStream(database, id))).toEqual([1, 2, 3])
  })

  test('whose version a locked row assures is appended to unread, and a race is still lost', async () => {
    const id = newStream()
    await append(id, 0, event(1))
    const appendAssured = (version: number): Promise<void> =>
      commit(async (uow) => {
        uow.part(EventStreams).assure(id, version)
        uow.part(EventStreams).append(id, version, [event(version + 1)])
      })
    await appendAssured(1)
    await expect(appendAssured(1)).rejects.toThrow(ConcurrencyConflict)
    await appendAssured(2)
    expect(numbers(await readStream(database, id))).toEqual([1, 2, 3])
  })

  test('is read as of a version or an instant', async () => {
    const id = newStream()
    const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour))
    for (const n of [1, 2, 3]) await commit(async (uow) => uow.part(EventStreams).append(id, n - 1, [event(n)]), at(n))
    expect(numbers(await readStream(database, id, { asOf: 2 }))).toEqual([1, 2])
    expect(numbers(await readStream(database, id, { asOf: at(2) }))).toEqual([1, 2])
    expect(numbers(await readStream(database, id, { asOf: at(0) }))).toEqual([])
    expect(numbers(await readStream(database, id, { from: 2 }))).toEqual([2, 3])
    expect(numbers(await readStream(database, id, { only: { newest: 2 } }))).toEqual([2, 3])
    expect(numbers(await readStream(database, id, { only: { oldest: 2 } }))).toEqual([1, 2])
    expect(numbers(await readStream(database, id, { asOf: 2, only: { newest: 1 } }))).toEqual([2])
  })

  test('is at any instant one that there was, whatever the clocks said', async () => {
    const id = newStream()
    const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour))
    const hours = [1, 4, 2, 3]
    for (const [i, hour] of hours.entries())
      await commit(async (uow) => uow.part(EventStreams).append(id, i, [event(i + 1)]), at(hour))
    const upTo = async (hour: number) => numbers(await readStream(database, id, { asOf: at(hour) }))
    expect(await Promise.all([0, 1, 2, 3, 4].map(upTo))).toEqual([[], [1], [1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4]])
  })

  test('loses no append of many that race', async () => {
    const id = newStream()
    const writers = [1, 2, 3].map(() => new GroupCommit(database))
    const addOne = async (uow: UnitOfWork): Promise<void> => {
      const { version } = await uow.part(EventStreams).load(id)
      uow.part(EventStreams).append(id, version, [event(version + 1)])
    }
    const untilDone = async (writer: GroupCommit): Promise<void> => {
      for (;;) {
        const [outcome] = await Promise.allSettled([writer.submit({ run: addOne })])
        if (outcome.status === 'fulfilled') return
        expect(outcome.reason).toBeInstanceOf(ConcurrencyConflict)
      }
    }
    await Promise.all(Array.from({ length: 30 }, (_, i) => untilDone(writers[i % 3]!)))
    expect(numbers(await readStream(database, id))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  })

  test('behaves as a list that grows at its end', async () => {
    const attempt = fc.record({ stream: fc.nat(2), expected: fc.nat(4), count: fc.integer({ min: 1, max: 3 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { maxLength: 12 }), async (attempts) => {
        const ids = [newStream(), newStream(), newStream()]
        const model = new Map(ids.map((id) => [id, 0]))
        for (const { stream, expected, count } of attempts) {
          const id = ids[stream]!
          const size = model.get(id)!
          const appended = append(id, expected, ...Array.from({ length: count }, (_, i) => event(expected + i + 1)))
          if (expected !== size) await expect(appended).rejects.toThrow(ConcurrencyConflict)
          else await appended.then(() => model.set(id, size + count))
        }
        for (const [id, size] of model)
          expect(numbers(await readStream(database, id))).toEqual(Array.from({ length: size }, (_, i) => i + 1))
      }),
      { numRuns: 25 },
    )
  })
})

describe('the whole store', () => {
  test('never skips a transaction that commits late', async () => {
    const [early, late] = [newStream(), newStream()]
    const slow = await openTransaction()
    // Draws the smaller sequence number, commits second.
    await slow.uow.part(EventStreams).append(late, 0, [event(1)])
    await slow.uow.part(EventStreams).flush(slow.uow)
    await append(early, 0, event(2))

    const seen = await readEverything(1_000)
    expect(seen.filter(({ streamId }) => streamId === early || streamId === late)).toEqual([])
    await slow.finish()
    // Any transaction of the whole server holds readers back while it runs, also those of other tests.
    await vi.waitFor(async () => {
      const rest = await readEverything(1_000)
      expect(rest.slice(0, seen.length)).toEqual(seen)
      expect(rest.slice(seen.length).map(({ streamId }) => streamId)).toEqual(expect.arrayContaining([early, late]))
    }, PATIENCE)
  })

  test('keeps the order of a stream when an older transaction follows a younger one', async () => {
    const id = newStream()
    const older = await openTransaction()
    await append(id, 0, event(1))
    await older.uow.part(EventStreams).load(id)
    older.uow.part(EventStreams).append(id, 1, [event(2), event(3)])
    await older.finish()
    await vi.waitFor(async () => {
      const all = await readEverything(1)
      expect(numbers(all.filter(({ streamId }) => streamId === id))).toEqual([1, 2, 3])
    }, PATIENCE)
  })
})

test('what a group announced is read in one statement and written in one', async () => {
  const ids = Array.from({ length: 50 }, newStream)
  for (const id of ids.slice(0, 25)) await append(id, 0, event(1))
  await database.transaction(async (tx) => {
    const counted = countStatements(tx)
    const uow = new UnitOfWork(counted, new Date())
    for (const id of ids) uow.part(EventStreams).announce(id)
    for (const id of ids) {
      const { version } = await uow.part(EventStreams).load(id)
      uow.part(EventStreams).append(id, version, [event(version + 1)])
    }
    await uow.flush()
    expect(counted.statements).toBe(2)
  })
})

test('an aggregate folds its stream and moves on with what it appends', async () => {
  const id = newStream()
  const sum = { initial: 0, evolve: (total: number, { data }: NewEvent<'counted', { n: number }>) => total + data.n }
  await commit(async (uow) => (await aggregate(uow, sum, id)).append([event(1), event(2)]))
  await commit(async (uow) => {
    const counter = await aggregate(uow, sum, id)
    expect([counter.state, counter.version]).toEqual([3, 2])
    counter.append([event(4)])
    expect([counter.state, counter.version]).toEqual([7, 3])
    expect((await aggregate(uow, sum, id)).state).toBe(7)
  })
  expect(numbers(await readStream(database, id))).toEqual([1, 2, 4])
})
