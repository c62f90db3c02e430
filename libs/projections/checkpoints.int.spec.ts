import { afterAll, beforeAll } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { checkpointsContract } from './checkpoints.contract.ts'

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

checkpointsContract(() => database)
