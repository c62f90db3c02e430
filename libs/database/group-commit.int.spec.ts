import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  ConcurrencyConflict,
  Database,
  DatabaseUnavailable,
  GroupCommit,
  type Part,
  type Sql,
  type UnitOfWork,
  type Work,
} from '#libs/database'
import { configureLogging } from '#libs/observability'
import { type TestDatabase, testDatabase } from '#libs/testing'

configureLogging({ level: 'silent' })

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('notification')
  database = new Database(server.url)
  await database.execute(
    'CREATE TABLE entry (id int PRIMARY KEY, xid text NOT NULL, at int GENERATED ALWAYS AS IDENTITY)',
  )
})
afterAll(async () => {
  await database?.close()
  await server?.drop()
})
beforeEach(() => database.execute('DELETE FROM entry'))

const insert = (id: number): Work<number> => ({
  run: async (uow) => {
    await uow.execute('INSERT INTO entry (id, xid) VALUES ($1, pg_current_xact_id()::text)', id)
    return id
  },
})
const failing = (error: Error): Work<never> => ({
  run: async (uow) => {
    await insert(-1).run(uow)
    throw error
  },
})
const entries = () => database.query<{ id: number; xid: string }>('SELECT id, xid FROM entry ORDER BY at')
const ids = async () => (await entries()).map(({ id }) => id)

test('what queues up while one transaction commits becomes the next one, in order', async () => {
  const groupCommit = new GroupCommit(database)
  const first = groupCommit.submit(insert(0))
  await new Promise((resolve) => setImmediate(resolve))
  const rest = Array.from({ length: 50 }, (_, i) => groupCommit.submit(insert(i + 1)))
  expect(await Promise.all([first, ...rest])).toEqual(Array.from({ length: 51 }, (_, i) => i))
  expect(await ids()).toEqual(Array.from({ length: 51 }, (_, i) => i))
  expect(new Set((await entries()).map(({ xid }) => xid)).size).toBe(2)
})

test('a work that fails leaves nothing and fails nobody else', async () => {
  const groupCommit = new GroupCommit(database)
  const results = await Promise.allSettled([
    groupCommit.submit(insert(1)),
    groupCommit.submit(failing(new Error('broken'))),
    groupCommit.submit(insert(2)),
    groupCommit.submit(insert(1)),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
  expect(await ids()).toEqual([1, 2])
})

test('of the statements that left together, the one that failed for a reason of its own says why', async () => {
  /** Says so some turns later than it happened. */
  class Failing implements Part {
    async flush(sql: Sql): Promise<void> {
      await sql.execute('SELECT 1 / 0').catch(async (error: unknown) => {
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
        throw error
      })
    }
  }
  class Behind implements Part {
    async flush(sql: Sql): Promise<void> {
      await sql.execute('SELECT 1')
    }
  }
  const run = async (uow: UnitOfWork) => {
    uow.part(Failing)
    uow.part(Behind)
  }
  await expect(new GroupCommit(database).submit({ run })).rejects.toThrow('division by zero')
})

test('a group is no heavier than allowed, unless one work alone is', async () => {
  const groupCommit = new GroupCommit(database, { maxWeight: 10 })
  const weighted = (id: number, weight: number): Work<number> => ({ ...insert(id), weight })
  await Promise.all(
    [weighted(1, 4), weighted(2, 4), weighted(3, 4), weighted(4, 25)].map((work) => groupCommit.submit(work)),
  )
  const groups = Map.groupBy(await entries(), ({ xid }) => xid)
  expect([...groups.values()].map((group) => group.map(({ id }) => id))).toEqual([[1, 2], [3], [4]])
})

test('a lost race is run again, a refusal is not', async () => {
  const groupCommit = new GroupCommit(database)
  let runs = 0
  const racing: Work<number> = {
    run: async (uow) => {
      await insert(7).run(uow)
      if (++runs < 3) throw new ConcurrencyConflict('somebody was faster')
      return runs
    },
  }
  expect(await groupCommit.submit(racing)).toBe(3)
  expect(await ids()).toEqual([7])
  const refused = failing(new Error('no'))
  let tries = 0
  const counted: Work<never> = {
    run: (uow) => {
      tries++
      return refused.run(uow)
    },
  }
  await expect(groupCommit.submit(counted)).rejects.toThrow('no')
  expect(tries).toBe(1)
})

test('parts flush once, those that come last after all others, and only a commit calls back', async () => {
  const groupCommit = new GroupCommit(database)
  const flushed: string[] = []
  class Last {
    readonly flushedLast = true
    async flush() {
      flushed.push('last')
    }
  }
  class Early {
    async flush() {
      flushed.push('early')
    }
  }
  const calledBack: string[] = []
  const use = (uow: UnitOfWork) => {
    uow.part(Last)
    uow.part(Early)
    uow.afterCommit(() => calledBack.push('committed'))
  }
  await groupCommit.submit({ run: async (uow) => use(uow) })
  expect(flushed).toEqual(['early', 'last'])
  expect(calledBack).toEqual(['committed'])
  const broken: Work<never> = {
    run: async (uow) => {
      use(uow)
      throw new Error('broken')
    },
  }
  await expect(groupCommit.submit(broken)).rejects.toThrow('broken')
  expect(calledBack).toEqual(['committed'])
})

test('a session that is cut off is the database being away, and the next work finds it again', async () => {
  const groupCommit = new GroupCommit(database)
  const cutOff: Work<void> = {
    run: async (uow) => {
      const [row] = await uow.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await database.query('SELECT pg_terminate_backend($1::int)', row!.pid)
      await insert(9).run(uow)
    },
  }
  await expect(groupCommit.submit(cutOff)).rejects.toBeInstanceOf(DatabaseUnavailable)
  expect(await groupCommit.submit(insert(10))).toBe(10)
  expect(await ids()).toEqual([10])
})

test('a callback after the commit that throws does not make the work run again, nor keep others from running', async () => {
  const groupCommit = new GroupCommit(database)
  const calledBack: number[] = []
  const throwing = (id: number): Work<number> => ({
    run: async (uow) => {
      uow.afterCommit(() => {
        calledBack.push(id)
        throw new Error('nobody listens')
      })
      return insert(id).run(uow)
    },
  })
  expect(await Promise.all([1, 2].map((id) => groupCommit.submit(throwing(id))))).toEqual([1, 2])
  expect(calledBack).toEqual([1, 2])
  expect(await ids()).toEqual([1, 2])
})

describe('a process that is frozen in the middle of a transaction', () => {
  /** Holds the lock on an entry and then does nothing more, until it is thawed. */
  const frozen = async (groupCommit: GroupCommit, idleMs: number) => {
    const [locked, thawed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const outcome = groupCommit.submit({
      run: async (uow) => {
        await uow.execute(`SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`)
        await insert(1).run(uow)
        locked.resolve()
        await thawed.promise
        return insert(2).run(uow)
      },
    })
    outcome.catch(() => {})
    await locked.promise
    return { outcome, thaw: thawed.resolve }
  }

  test('lets go of its locks, and once thawed leaves nothing of what it had begun', async () => {
    const { outcome, thaw } = await frozen(new GroupCommit(database), 300)
    expect(await new GroupCommit(database).submit(insert(1))).toBe(1)
    thaw()
    await expect(outcome).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(await ids()).toEqual([1])
  })

  test('holds nobody for longer than the wait for a lock may last', async () => {
    const { outcome, thaw } = await frozen(new GroupCommit(database), 10_000)
    const hasty: Work<number> = {
      run: async (uow) => {
        await uow.execute('SET LOCAL lock_timeout = 50')
        return insert(1).run(uow)
      },
    }
    await expect(new GroupCommit(database).submit(hasty)).rejects.toBeInstanceOf(DatabaseUnavailable)
    thaw()
    await expect(outcome).resolves.toBe(2)
  })
})

test('every session has its time-outs', async () => {
  const names = ['idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'transaction_timeout']
  const rows = await database.query<{ setting: string }>('SELECT current_setting(unnest($1::text[])) AS setting', names)
  expect(rows.map(({ setting }) => setting)).toEqual(['10s', '15s', '30s', '1min'])
})
