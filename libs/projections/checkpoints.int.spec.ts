import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { PrismaClient } from '#prisma/query'
import { checkpointsContract } from './checkpoints.contract.ts'

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await testDatabase('query')
  database = new Database(new PrismaClient({ adapter: new PrismaPg({ connectionString: server.url }) }))
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

checkpointsContract(() => database)
