import { afterAll, beforeAll } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { inboxContract } from './inbox.contract.ts'

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

inboxContract(() => database)
