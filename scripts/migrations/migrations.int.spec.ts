import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../libs/testing/postgres.ts'
import { applyMigrations } from './apply.ts'
import { type Migration, readMigrations, servicesWithDatabase } from './migration-files.ts'
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

test('versions of product sales that an earlier definition made say what came back, and their readers see it', async () => {
  const database = await testDatabase('empty')
  const migrations = readMigrations('query')
  const at = migrations.findIndex(({ name }) => name.endsWith('_returns_in_sales'))
  await applyMigrations(database.url, 'query', migrations.slice(0, at))
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    for (const [version, state] of [...['kept', 'serving'].entries()])
      await client.query(`
        CREATE TABLE projections.product_sales_${version} (day text, sku text, amount bigint NOT NULL);
        INSERT INTO projections.product_sales_${version} VALUES ('2026-01-01', 'MUG', 1780);
        INSERT INTO projection_versions (projection, version, state, since, automatic, requested_by, created_at)
        VALUES ('product-sales', ${version}, '${state}', now(), true, 'system', now())`)
    await client.query('CREATE VIEW product_sales AS SELECT * FROM projections.product_sales_1')
    await applyMigrations(database.url, 'query', migrations)
    const sales = { day: '2026-01-01', sku: 'MUG', amount: '1780', returned_quantity: 0, returned_amount: '0' }
    for (const table of ['product_sales', 'projections.product_sales_0'])
      expect((await client.query(`SELECT * FROM ${table}`)).rows).toEqual([sales])
    const { rows } = await client.query(`SELECT revision FROM projection_versions WHERE projection = 'product-sales'`)
    expect(rows).toEqual([{ revision: 1 }, { revision: 1 }])
  } finally {
    await client.end()
    await database.drop()
  }
})
