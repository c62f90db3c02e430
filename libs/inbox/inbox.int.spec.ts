import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Database, GroupCommit, Housekeeping, UnitOfWork } from '#libs/database'
import { countStatements, type TestDatabase, testDatabase } from '#libs/testing'
import { Inbox } from './inbox.ts'
import { inboxId } from './inbox-id.ts'
import { inboxRetention } from './retention.ts'

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await testDatabase('payment')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

const claim = (consumer: string, ids: string[], now = new Date()): Promise<string[]> =>
  new GroupCommit(database, { clock: () => now }).submit({
    run: async (uow) => [...(await uow.part(Inbox).claim(consumer, ids))],
  })
const claimed = async (): Promise<string[]> =>
  (await database.query<{ message_id: string }>('SELECT message_id FROM inbox ORDER BY 1')).map(
    ({ message_id }) => message_id,
  )

beforeEach(async () => {
  await database.execute('TRUNCATE inbox')
})

describe('a claim', () => {
  test('is granted once per consumer', async () => {
    expect(await claim('payment', ['a', 'b'])).toEqual(['a', 'b'])
    expect(await claim('payment', ['b', 'c', 'a'])).toEqual(['c'])
    expect(await claim('query', ['a'])).toEqual(['a'])
  })

  test('is granted once to duplicates in one call, and in one unit of work', async () => {
    await new GroupCommit(database).submit({
      run: async (uow) => {
        expect([...(await uow.part(Inbox).claim('payment', ['a', 'a', 'b']))]).toEqual(['a', 'b'])
        expect([...(await uow.part(Inbox).claim('payment', ['b', 'c']))]).toEqual(['c'])
      },
    })
    expect(await claimed()).toEqual(['a', 'b', 'c'].map(inboxId).sort())
  })

  test('is gone with its transaction', async () => {
    const failing = new GroupCommit(database).submit({
      run: async (uow) => {
        await uow.part(Inbox).claim('payment', ['a'])
        throw new Error('handler failed')
      },
    })
    await expect(failing).rejects.toThrow('handler failed')
    expect(await claim('payment', ['a'])).toEqual(['a'])
  })

  test('takes any id', async () => {
    const ids = ['', 'ünïcode', "it's; DROP TABLE inbox", 'x'.repeat(500), 'line\nbreak']
    expect(await claim('payment', ids)).toEqual(ids)
    expect(await claim('payment', ids)).toEqual([])
  })

  test('of many at the same time has one winner each', async () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => `m${i}`)
    const orders = [ids, ids.toReversed(), ids.toSorted(), [...ids.slice(999), ...ids.slice(0, 999)]]
    const winners = await Promise.all(
      orders.map((order) =>
        // Not through GroupCommit, which would try again after a deadlock.
        database.transaction(async (tx) => [
          ...(await new UnitOfWork(tx, new Date()).part(Inbox).claim('payment', order)),
        ]),
      ),
    )
    expect(winners.flat().sort()).toEqual(ids.toSorted())
  })
})

test.each([
  { before: [], first: ['a', 'b'], second: ['c'], statements: 1 },
  { before: ['b'], first: ['a'], second: ['c'], statements: 2 },
])('what a group announced is claimed in one statement, or two when $before is known', async (expected) => {
  await claim('payment', expected.before)
  await database.transaction(async (tx) => {
    const counted = countStatements(tx)
    const uow = new UnitOfWork(counted, new Date())
    const inbox = uow.part(Inbox)
    inbox.announce('payment', ['a', 'b'])
    inbox.announce('payment', ['b', 'c'])
    expect([...(await inbox.claim('payment', ['a', 'b']))]).toEqual(expected.first)
    expect([...(await inbox.claim('payment', ['b', 'c']))]).toEqual(expected.second)
    await uow.flush()
    expect(counted.statements).toBe(expected.statements)
  })
})

test('what was announced but never claimed stays free', async () => {
  await new GroupCommit(database).submit({
    announce: (uow) => uow.part(Inbox).announce('payment', ['a', 'b']),
    run: (uow) => uow.part(Inbox).claim('payment', ['a']),
  })
  expect(await claimed()).toEqual([inboxId('a')])
  expect(await claim('payment', ['b'])).toEqual(['b'])
})

test('is forgotten when no broker can deliver the message any more, not before', async () => {
  await claim('payment', ['a', 'b'], new Date('2026-01-01'))
  await claim('payment', ['c'], new Date('2026-01-02'))
  const clock = () => new Date(Date.parse('2026-01-01') + inboxRetention.keptMs)
  const housekeeping = new Housekeeping({ database: database, retention: [inboxRetention], clock })
  expect(await housekeeping.prune()).toBe(2)
  expect(await claimed()).toEqual([inboxId('c')])
})
