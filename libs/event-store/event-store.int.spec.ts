import { afterAll, beforeAll } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { eventStoreContract } from './event-store.contract.ts'

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

eventStoreContract(() => database)
