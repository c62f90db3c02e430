import { afterAll, beforeAll, expect, test } from 'vitest'
import { Database, GroupCommit } from '#libs/database'
import { HOUR } from '#libs/streams'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { at, measures } from '../domain/measures.ts'
import { addCountRows } from '../sql/add-counts.ts'
import { lookAt } from './alert-watch.ts'

const NOON = Date.UTC(2026, 10, 28, 12)

let server: TestDatabase
let database: Database
beforeAll(async () => {
  server = await testDatabase('analytics')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

const sold = (start: number, views: number, converted: number) => {
  const sums = measures.map((_, i) => (i === at.views ? views : i === at.converted ? converted : 0))
  return addCountRows(database, [{ step: HOUR, start, dimension: 'all', key: '', sums, keptMs: HOUR }])
}

test('an hour that converts half as well as the day before is told once, however often it is looked at', async () => {
  await sold(NOON - 24 * HOUR, 1_000, 100)
  await sold(NOON, 1_000, 100)
  const groupCommit = new GroupCommit(database)
  const look = () => groupCommit.submit({ run: (uow) => lookAt(uow, NOON) })
  const told = () => database.query<{ topic: string; value: string }>('SELECT topic, value FROM outbox')
  await look()
  expect(await told()).toEqual([])
  await sold(NOON, 2_000, 0)
  await look()
  await look()
  const [alert, ...others] = await told()
  expect(others).toEqual([])
  expect(alert!.topic).toBe('analytics-alerts')
  expect(JSON.parse(alert!.value)).toMatchObject({ id: `conversion-${NOON}`, hour: NOON, dayBefore: 0.1 })
})
