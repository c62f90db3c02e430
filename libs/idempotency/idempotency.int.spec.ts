import { PrismaPg } from '@prisma/adapter-pg'
import { afterAll, beforeAll } from 'vitest'
import { Database } from '#libs/database'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { PrismaClient } from '#prisma/order'
import { idempotencyContract } from './idempotency.contract.ts'

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await testDatabase('order')
  database = new Database(new PrismaClient({ adapter: new PrismaPg({ connectionString: server.url }) }))
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

idempotencyContract(() => database)
