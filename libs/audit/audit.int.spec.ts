import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database, GroupCommit } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { Audit } from './audit.ts'
import type { Deed } from './entry.ts'
import { listEntries } from './sql/list-entries.ts'
import { verifyTrail } from './verify-trail.ts'

let testing: TestDatabase
const databases: Database[] = []
const connect = () => {
  const database = new Database(testing.url)
  databases.push(database)
  return { database, groupCommit: new GroupCommit(database) }
}
let one: ReturnType<typeof connect>
beforeAll(async () => {
  testing = await testDatabase('order')
  one = connect()
})
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()))
  await testing.drop()
})

const deed = (target: string, more: Partial<Deed> = {}): Deed => ({
  ...{ actor: 'operator:ada', action: 'test', target, outcome: 'done' },
  ...more,
})
const record = ({ groupCommit }: ReturnType<typeof connect>, ...deeds: Deed[]) =>
  groupCommit.submit({
    run: async (uow) => {
      for (const each of deeds) uow.part(Audit).record(each)
    },
  })

describe('the trail', () => {
  test('is one chain without a gap, however many write to it', async () => {
    const processes = [one, connect(), connect()]
    const writes = Array.from({ length: 60 }, (_, i) => record(processes[i % 3]!, deed(`a/${i}`), deed(`b/${i}`)))
    await Promise.all(writes)
    expect(await verifyTrail(one.database)).toEqual({ holds: true, entries: 120 })
  })

  test('holds nothing of what was not done', async () => {
    const before = await verifyTrail(one.database)
    const failing = one.groupCommit.submit({
      run: async (uow) => {
        uow.part(Audit).record(deed('never'))
        throw new Error('changed my mind')
      },
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await verifyTrail(one.database)).toEqual(before)
  })

  test('is found by actor and target, youngest first', async () => {
    const reason = 'zero \0 byte'
    await record(one, deed('order/1', { actor: 'operator:bob', reason, outcome: 'refused', detail: 'too late' }))
    await record(one, deed('order/2', { actor: 'operator:bob' }))
    const entries = await listEntries(one.database, { actor: 'operator:bob', target: 'order/' }, undefined, 10)
    expect(entries).toMatchObject([
      { target: 'order/2', outcome: 'done', reason: null },
      { target: 'order/1', outcome: 'refused', detail: 'too late', reason: 'zero \uFFFD byte' },
    ])
    const [older] = await listEntries(one.database, { actor: 'operator:bob' }, entries[0]!.seq, 10)
    expect(older!.target).toBe('order/1')
  })

  test.each([
    'UPDATE audit_entries SET actor = $1',
    'DELETE FROM audit_entries WHERE actor <> $1',
    'TRUNCATE audit_entries',
  ])('refuses %s', async (statement) => {
    const parameters = statement.includes('$1') ? ['nobody'] : []
    await expect(one.database.execute(statement, ...parameters)).rejects.toThrow('neither changed nor deleted')
  })

  test.each([
    ['changed', `UPDATE audit_entries SET reason = 'another' WHERE seq = 7`, 7],
    ['taken out', 'DELETE FROM audit_entries WHERE seq = 7', 7],
    ['cut off', 'DELETE FROM audit_entries WHERE seq > 7', 8],
  ])('that was %s is found out', async (_, manipulation, brokenAt) => {
    await expect(
      one.database.transaction(async (tx) => {
        await tx.execute('ALTER TABLE audit_entries DISABLE TRIGGER USER')
        await tx.execute(manipulation)
        expect(await verifyTrail(tx)).toMatchObject({ holds: false, brokenAt })
        throw new Error('as it was')
      }),
    ).rejects.toThrow('as it was')
  })
})
