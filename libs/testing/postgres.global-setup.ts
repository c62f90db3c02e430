import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { startPostgres } from '../../scripts/postgres/server.ts'
import type {} from './postgres.ts'

/** Nothing outlives a test run, so nothing has to reach the disk; the tests that crash PostgreSQL start their own. */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '300' }

/** One PostgreSQL for the whole run: the one of `TEST_DATABASE_URL`, or an embedded one with an empty folder. */
export default async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const given = process.env.TEST_DATABASE_URL
  if (given) {
    project.provide('postgresUrl', given)
    return undefined
  }
  const folder = await mkdtemp(join(tmpdir(), 'waybill-test-'))
  const [port] = await freePorts(1)
  const server = await startPostgres({ folder: join(folder, 'postgres'), port: port!, settings: SETTINGS })
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
