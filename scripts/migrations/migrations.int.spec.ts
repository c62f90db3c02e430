import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../libs/testing/postgres.ts'
import { applyMigrations } from './apply.ts'
import { type Migration, servicesWithDatabase } from './migration-files.ts'
import { differenceToSchema } from './schema-engine.ts'

const migration = (name: string, sql: string): Migration => ({ name, sql, checksum: `checksum of ${sql}`.slice(0, 64) })
const first = migration('1_first', 'CREATE TABLE first (id int)')
const second = migration(
  '2_second',
  `CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 2; RETURN 1; END; $$;
   CREATE TABLE second (id int)`,
)

describe('applyMigrations', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await testDatabase('empty')
  })
  afterEach(() => database.drop())

  const apply = (...migrations: Migration[]) => applyMigrations(database.url, 'empty', migrations)
  const tables = async (): Promise<string[]> => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const { rows } = await client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
    await client.end()
    return rows.map((row) => row.tablename)
  }

  test('applies what is missing, in order, functions and all, and then nothing', async () => {
    expect(await apply(first)).toEqual(['1_first'])
    expect(await apply(first, second)).toEqual(['2_second'])
    expect(await apply(first, second)).toEqual([])
    expect(await tables()).toEqual(['_prisma_migrations', 'first', 'second'])
  })

  test('several processes at once apply each migration once', async () => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => apply(first, second)))
    expect(applied.flat().sort()).toEqual(['1_first', '2_second'])
  })

  test('a migration that fails leaves nothing of itself and can be put right', async () => {
    const broken = migration('2_second', 'CREATE TABLE second (id int); SELECT 1/0')
    await expect(apply(first, broken)).rejects.toThrow(/empty\/2_second failed: division by zero/)
    expect(await tables()).toEqual(['_prisma_migrations', 'first'])
    expect(await apply(first, second)).toEqual(['2_second'])
  })

  test('a migration that was edited after it was applied is refused', async () => {
    await apply(first)
    await expect(apply(migration('1_first', 'CREATE TABLE other (id int)'))).rejects.toThrow(/1_first was edited/)
  })
})

describe('drift', () => {
  test.each(servicesWithDatabase())(
    'the migrations of %s give the schema that its client was made for',
    async (service) => {
      const database = await testDatabase(service)
      expect(await differenceToSchema(database.url, service)).toBe('')
      await database.drop()
    },
  )
})
