import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ConcurrencyConflict, Database, GroupCommit, UnitOfWork } from '#libs/database'
import { countStatements, type TestDatabase, testDatabase } from '#libs/testing'
import { Checkpoints, type Place } from './checkpoints.ts'
import { readCheckpoints } from './sql/read-checkpoints.ts'

const place = (partition: number): Place => ({ projection: 'order-views', topic: 'orders', partition })

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await testDatabase('query')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

const advance = (partition: number, to: bigint): Promise<bigint> =>
  new GroupCommit(database).submit({
    run: async (uow) => {
      const before = await uow.part(Checkpoints).load(place(partition))
      uow.part(Checkpoints).advance(place(partition), to)
      return before
    },
  })

beforeEach(async () => {
  await database.execute('TRUNCATE projection_checkpoints')
})

test('a checkpoint begins at 0, moves on and never back', async () => {
  expect(await advance(0, 10n)).toBe(0n)
  expect(await advance(0, 25n)).toBe(10n)
  expect(await advance(0, 20n)).toBe(25n)
  expect(await advance(1, 3n)).toBe(0n)
  const all = await readCheckpoints(database)
  expect(all.map(({ partition, position }) => [partition, position])).toEqual([
    [0, 25n],
    [1, 3n],
  ])
  expect(all[0]).toMatchObject({ projection: 'order-views', topic: 'orders' })
  expect(all[0]!.updatedAt).toBeInstanceOf(Date)
})

test('a unit of work sees how far it came itself', async () => {
  await new GroupCommit(database).submit({
    run: async (uow) => {
      const checkpoints = uow.part(Checkpoints)
      await checkpoints.load(place(0))
      checkpoints.advance(place(0), 5n)
      expect(await checkpoints.load(place(0))).toBe(5n)
      checkpoints.advance(place(0), 7n)
    },
  })
  expect(await advance(0, 7n)).toBe(7n)
})

test.each([0n, 10n])('of two that project the same records from %s on, one wins', async (from) => {
  if (from > 0n) await advance(0, from)
  const bothLoaded = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const project = (i: 0 | 1, to: bigint): Promise<void> =>
    database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, new Date())
      await uow.part(Checkpoints).load(place(0))
      bothLoaded[i].resolve()
      await Promise.all(bothLoaded.map(({ promise }) => promise))
      uow.part(Checkpoints).advance(place(0), to)
      await uow.flush()
    })
  const outcomes = await Promise.allSettled([project(0, from + 5n), project(1, from + 9n)])
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(lost.map(({ reason }) => reason)).toEqual([expect.any(ConcurrencyConflict)])
})

test('advancing what was not loaded is a mistake that is named', async () => {
  const mistake = new GroupCommit(database).submit({
    run: async (uow) => uow.part(Checkpoints).advance(place(3), 1n),
  })
  await expect(mistake).rejects.toThrow('order-views/orders/3 is advanced without having been loaded')
})

test('what a group announced is read in one statement and written in one', async () => {
  await advance(1, 4n)
  await database.transaction(async (tx) => {
    const counted = countStatements(tx)
    const uow = new UnitOfWork(counted, new Date())
    const partitions = [0, 1, 2, 3, 4, 5]
    for (const partition of partitions) uow.part(Checkpoints).announce(place(partition))
    for (const partition of partitions) {
      expect(await uow.part(Checkpoints).load(place(partition))).toBe(partition === 1 ? 4n : 0n)
      uow.part(Checkpoints).advance(place(partition), 100n)
    }
    await uow.flush()
    expect(counted.statements).toBe(2)
  })
  expect((await readCheckpoints(database)).map(({ position }) => position)).toEqual(Array(6).fill(100n))
})
