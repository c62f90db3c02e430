import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { readMigrations } from '../../scripts/migrations/migration-files.ts'
import { testDatabase } from './postgres.ts'

const rows = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('testDatabase', () => {
  test('gives each caller a migrated database that nobody else sees', async () => {
    const [one, other] = await Promise.all([testDatabase('order'), testDatabase('order')])
    await rows(one.url, 'CREATE TABLE mine (id int)')
    expect(await rows(one.url, `SELECT to_regclass('mine') IS NOT NULL AS here`)).toEqual([{ here: true }])
    expect(await rows(other.url, `SELECT to_regclass('mine') IS NOT NULL AS here`)).toEqual([{ here: false }])
    const applied = await rows(other.url, 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1')
    expect(applied).toEqual(readMigrations('order').map(({ name }) => ({ name })))
    await Promise.all([one.drop(), other.drop()])
  })

  test('drops a database under a connection that is still open', async () => {
    const database = await testDatabase('order')
    const client = new pg.Client({ connectionString: database.url })
    client.on('error', () => undefined)
    await client.connect()
    await database.drop()
    await expect(rows(database.url, 'SELECT 1')).rejects.toThrow(/does not exist/)
    await client.end().catch(() => undefined)
  })
})
