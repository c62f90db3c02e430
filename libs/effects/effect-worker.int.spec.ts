import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Database, GroupCommit, type UnitOfWork } from '#libs/database'
import { refuse } from '#libs/decider'
import { configureLogging } from '#libs/observability'
import { type TestDatabase, testDatabase } from '#libs/testing'
import type { AnyOutcome, Effect } from './effect.ts'
import { EffectWorker, type EffectWorkerOptions } from './effect-worker.ts'
import { Effects } from './effects.ts'

type Kinds = { charge: { payload: { amount: number }; answer: string } }

configureLogging({ level: 'silent' })

let server: TestDatabase
let database: Database
let groupCommit: GroupCommit
const workers: EffectWorker<Kinds>[] = []
const databases: Database[] = []

const connect = (): Database => {
  const connected = new Database(server.url)
  databases.push(connected)
  return connected
}

beforeAll(async () => {
  server = await testDatabase('payment')
})
beforeEach(async () => {
  database = connect()
  groupCommit = new GroupCommit(database)
  await database.execute('TRUNCATE effects, parked_effects')
  await database.execute('CREATE TABLE IF NOT EXISTS outcomes (id text, outcome text)')
  await database.execute('TRUNCATE outcomes')
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  await Promise.all(databases.splice(0).map((db) => db.close()))
})
afterAll(() => server.drop())

const effect = (id: string, key = id) => ({
  id,
  kind: 'charge',
  key,
  payload: { amount: 5 },
  cause: { id: 'command-1', correlationId: 'order-1' },
})

const owe = (...effects: ReturnType<typeof effect>[]): Promise<void> =>
  groupCommit.submit({
    run: async (uow) => {
      for (const one of effects) uow.part(Effects).add(one)
    },
  })

const applyOutcome = async (uow: UnitOfWork, { id }: Effect, outcome: AnyOutcome<Kinds>): Promise<void> => {
  await uow.execute('INSERT INTO outcomes VALUES ($1, $2)', id, JSON.stringify(outcome))
}

const outcomes = async (): Promise<Record<string, unknown>> => {
  const rows = await database.query<{ id: string; outcome: string }>('SELECT * FROM outcomes ORDER BY id')
  expect(new Set(rows.map(({ id }) => id)).size, 'each outcome is recorded once').toBe(rows.length)
  return Object.fromEntries(rows.map(({ id, outcome }) => [id, JSON.parse(outcome)]))
}

const owed = async (): Promise<string[]> =>
  (await database.query<{ id: string }>('SELECT id FROM effects ORDER BY seq')).map(({ id }) => id)

const start = (
  charge: EffectWorkerOptions<Kinds>['perform']['charge'],
  options: Partial<EffectWorkerOptions<Kinds>> = {},
): EffectWorker<Kinds> => {
  const worker = new EffectWorker<Kinds>({
    database,
    groupCommit,
    perform: { charge },
    retry: { timeoutMs: 2_000, maxAttempts: 3, backoff: { firstMs: 5, factor: 2, maxMs: 20 } },
    poll: { minMs: 10, maxMs: 50 },
    apply: applyOutcome,
    ...options,
  })
  workers.push(worker)
  worker.start()
  return worker
}

const eventually = <T>(check: () => Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 10_000, interval: 10 })
const settled = (ids: string[]) =>
  eventually(async () => {
    expect(Object.keys(await outcomes())).toEqual(ids)
    expect(await owed()).toEqual([])
  })

describe('an effect that is owed', () => {
  test('is performed after the commit and ends with its outcome recorded and its row gone', async () => {
    const calls: Effect[] = []
    start(async (call) => {
      calls.push(call)
      return 'charged'
    })
    await owe(effect('a'))
    await settled(['a'])
    expect(calls).toEqual([{ ...effect('a'), attempts: 0 }])
    expect(await outcomes()).toEqual({ a: { status: 'answered', value: 'charged' } })
  })

  test('is not performed when its transaction fails', async () => {
    const perform = vi.fn(async () => 'charged')
    start(perform)
    const failing = groupCommit.submit({
      run: async (uow) => {
        uow.part(Effects).add(effect('never'))
        throw new Error('changed my mind')
      },
    })
    await expect(failing).rejects.toThrow('changed my mind')
    await owe(effect('b'))
    await settled(['b'])
    expect(perform).toHaveBeenCalledTimes(1)
  })

  test('is the same effect when it is owed again', async () => {
    const answer = Promise.withResolvers<string>()
    const perform = vi.fn(() => answer.promise)
    start(perform)
    await owe(effect('a'))
    await owe(effect('a'))
    answer.resolve('charged')
    await settled(['a'])
    expect(perform).toHaveBeenCalledTimes(1)
  })

  test('is found at start, having been committed by a process without a worker', async () => {
    await owe(effect('a'), effect('b'))
    start(async () => 'charged')
    await settled(['a', 'b'])
  })
})

describe('a call without a usable answer', () => {
  test('is repeated, with the count kept in the table', async () => {
    const counts: number[] = []
    const third = Promise.withResolvers<string>()
    start(async ({ attempts }) => {
      counts.push(attempts)
      return attempts < 2 ? Promise.reject(new Error('no luck')) : third.promise
    })
    await owe(effect('a'))
    await eventually(async () =>
      expect(await database.query('SELECT attempts, last_error AS error FROM effects')).toEqual([
        { attempts: 2, error: 'Error: no luck' },
      ]),
    )
    third.resolve('charged')
    await settled(['a'])
    expect(counts).toEqual([0, 1, 2])
  })

  test('fails in the end, saying whether the last one was a timeout', async () => {
    const perform = vi.fn((call: Effect) =>
      call.id === 'slow' ? new Promise<string>(() => {}) : Promise.reject(new Error('refused')),
    )
    start(perform, { retry: { timeoutMs: 20, maxAttempts: 2, backoff: { firstMs: 1, factor: 1, maxMs: 1 } } })
    await owe(effect('broken'), effect('slow'))
    await settled(['broken', 'slow'])
    expect(await outcomes()).toEqual({
      broken: { status: 'failed', reason: 'error' },
      slow: { status: 'failed', reason: 'timeout' },
    })
    expect(perform).toHaveBeenCalledTimes(4)
  })
})

describe('effects of one key', () => {
  test('run one after another, in the order they were added, whoever performs them', async () => {
    const order: string[] = []
    const running = new Set<string>()
    const overlaps: string[] = []
    const perform = async ({ id, key }: Effect) => {
      if (running.has(key)) overlaps.push(id)
      running.add(key)
      await new Promise((resolve) => setImmediate(resolve))
      running.delete(key)
      order.push(id)
      return 'done'
    }
    start(perform)
    start(perform, { database: connect(), groupCommit: new GroupCommit(connect()) })
    const ids = ['1', '2', '3', '4', '5']
    await owe(effect('x1', 'x'), effect('y1', 'y'), effect('x2', 'x'))
    for (const n of ids.slice(2)) await owe(effect(`x${n}`, 'x'), effect(`y${n}`, 'y'))
    await settled(['x1', 'x2', 'x3', 'x4', 'x5', 'y1', 'y3', 'y4', 'y5'])
    expect(overlaps).toEqual([])
    expect(order.filter((id) => id.startsWith('x'))).toEqual(['x1', 'x2', 'x3', 'x4', 'x5'])
    expect(order.filter((id) => id.startsWith('y'))).toEqual(['y1', 'y3', 'y4', 'y5'])
  })
})

describe('a worker that is no more', () => {
  test('is followed by another that repeats the call with the same id, once the lease has run out', async () => {
    // Died between the call and its record: the row is there, leased, and nobody holds it.
    await owe(effect('a'))
    await database.execute(`UPDATE effects SET due_at = clock_timestamp() + interval '1 hour'`)
    const ids: string[] = []
    start(async ({ id }) => {
      ids.push(id)
      return 'charged'
    })
    await owe(effect('b'))
    await eventually(async () => expect(await owed()).toEqual(['a']))
    await database.execute('UPDATE effects SET due_at = clock_timestamp()')
    await settled(['a', 'b'])
    expect(ids).toEqual(['b', 'a'])
  })

  test('that comes back after it was replaced records nothing a second time', async () => {
    const late = Promise.withResolvers<string>()
    const slow = vi.fn(() => late.promise)
    start(slow, { retry: { timeoutMs: 60_000, maxAttempts: 1, backoff: { firstMs: 1, factor: 1, maxMs: 1 } } })
    await owe(effect('a'))
    await eventually(async () => expect(slow).toHaveBeenCalledTimes(1))
    const other = connect()
    start(async () => 'by the other', { database: other, groupCommit: new GroupCommit(other) })
    await eventually(async () => {
      // Again and again, because the one that still holds it may notice first and renew its lease.
      await database.execute('UPDATE effects SET due_at = clock_timestamp()')
      expect(await owed()).toEqual([])
    })
    late.resolve('too late')
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
    expect(await outcomes()).toEqual({ a: { status: 'answered', value: 'by the other' } })
  })

  test('gives back what it has not finished when it is stopped', async () => {
    const hanging = start(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      { graceMs: 10, concurrency: 1 },
    )
    await owe(effect('a'), effect('b'))
    await hanging.stop()
    expect(
      await database.query('SELECT id, attempts FROM effects WHERE due_at <= clock_timestamp() ORDER BY id'),
    ).toEqual([
      { id: 'a', attempts: 0 },
      { id: 'b', attempts: 0 },
    ])
  })
})

test('an outcome that cannot be recorded yet is recorded later', async () => {
  let failures = 2
  start(async () => 'charged', {
    apply: async (uow, call, outcome) => {
      if (failures-- > 0) throw new Error('a bug that is being fixed')
      await applyOutcome(uow, call, outcome)
    },
  })
  await owe(effect('a'))
  await settled(['a'])
})

describe('an outcome that can never be recorded', () => {
  const parked = () => database.query('SELECT id, outcome, reason, error FROM parked_effects')

  test('is put aside with all that is known of it, and the call is not made again', async () => {
    const perform = vi.fn(async () => 'charged')
    start(perform, {
      apply: async (_, { id }) => {
        if (id === 'a') throw new Error('no such\0column')
      },
      recording: { maxAttempts: 3, backoff: { firstMs: 1, factor: 1, maxMs: 1 } },
    })
    await owe(effect('a'))
    await eventually(async () => expect(await owed()).toEqual([]))
    const outcome = { status: 'answered', value: 'charged' }
    expect(await parked()).toEqual([{ id: 'a', outcome, reason: 'apply_failed', error: 'Error: no such\uFFFDcolumn' }])
    await owe(effect('b', 'a'))
    await eventually(async () => expect(await owed()).toEqual([]))
    expect(perform).toHaveBeenCalledTimes(2)
  })

  test('because it is refused is put aside at once', async () => {
    const told: string[] = []
    start(async () => 'charged', {
      apply: async () => refuse('unexpected_answer', 'nobody asked'),
      onParked: (_, { effect: { id }, reason }) => told.push(`${id} ${reason}`),
    })
    await owe(effect('a'))
    await eventually(async () => expect(await owed()).toEqual([]))
    expect(await parked()).toMatchObject([{ id: 'a', reason: 'refused', error: 'unexpected_answer: nobody asked' }])
    expect(told).toEqual(['a refused'])
  })
})

test('effects that wait longer than a lease lasts are called once, whoever else looks', async () => {
  const calls: string[] = []
  const slow = async ({ id }: Effect) => {
    calls.push(id)
    await new Promise((resolve) => setTimeout(resolve, 150))
    return 'charged'
  }
  const impatient = { concurrency: 1, leaseMs: 300 }
  start(slow, impatient)
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  await owe(...ids.map((id) => effect(id)))
  const other = connect()
  start(slow, { ...impatient, database: other, groupCommit: new GroupCommit(other) })
  await settled(ids)
  expect(calls.sort()).toEqual(ids)
})

test('a flood is worked off in bounded memory: what does not fit waits in the table', async () => {
  let calling = 0
  let most = 0
  start(
    async () => {
      most = Math.max(most, ++calling)
      await new Promise((resolve) => setImmediate(resolve))
      calling--
      return 'charged'
    },
    { concurrency: 4 },
  )
  const ids = Array.from({ length: 500 }, (_, i) => `e${String(i).padStart(3, '0')}`)
  await owe(...ids.map((id) => effect(id)))
  await settled(ids)
  expect(most).toBe(4)
})
