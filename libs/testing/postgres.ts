import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { readMigrations } from '../../scripts/migrations/migration-files.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the maintenance database of the server that all test files share. */
    postgresUrl: string
  }
}

export interface TestDatabase {
  readonly url: string
  /** Drops the database, cutting off whoever is still connected. */
  drop(): Promise<void>
}

/** A database of its own for the caller, with the service's migrations applied: a clone of a template, in ~30 ms. */
export const testDatabase = async (service: string): Promise<TestDatabase> => {
  const server = inject('postgresUrl')
  const name = `test_${service}_${randomUUID().replaceAll('-', '').slice(0, 12)}`
  await withClient(server, async (client) => {
    const template = await ensureTemplate(client, server, service)
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  })
  return {
    url: addressOf(server, name),
    drop: () => withClient(server, async (client) => void (await client.query(`DROP DATABASE ${name} WITH (FORCE)`))),
  }
}

/** Any fixed number: makes test files that need the same template at the same time take turns. */
const TEMPLATE_LOCK = 7_292_456

/** Named by its migrations, so that a server that is reused never serves an outdated one. */
const ensureTemplate = async (client: pg.Client, server: string, service: string): Promise<string> => {
  const digest = createHash('sha256')
  for (const { name, checksum } of readMigrations(service)) digest.update(`${name} ${checksum}\n`)
  const template = `template_${service}_${digest.digest('hex').slice(0, 12)}`
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template])
    if (rowCount === 0) await buildTemplate(client, server, service, template)
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
  return template
}

/** Built under another name, so that a template with its name is always a whole one. */
const buildTemplate = async (client: pg.Client, server: string, service: string, template: string): Promise<void> => {
  const draft = `${template}_draft`
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${draft}`)
  await applyMigrations(addressOf(server, draft), service)
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`)
}

const addressOf = (server: string, database: string): string => {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
