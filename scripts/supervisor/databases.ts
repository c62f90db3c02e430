import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { applyMigrations } from '../migrations/apply.ts'
import { databaseUrl } from '../postgres/cluster.ts'
import { createDatabases, untilReachable } from '../postgres/server.ts'
import { type ProcessPlan, SERVICES, serviceDatabase } from '../processes.ts'
import type { StartOptions } from './options.ts'

const NAMES = SERVICES.map((service) => `waybill_${service}`)

/** Any database of the server in use. */
const serverUrl = (options: StartOptions): string =>
  options.databaseUrl ?? databaseUrl(options.postgresPort, 'postgres')

/** Answers how to bring the database of one process up to date; the databases themselves are created at the first call. */
export const databasePreparation = (options: StartOptions): ((plan: ProcessPlan) => Promise<void>) => {
  let created: Promise<void> | undefined
  return async ({ database }) => {
    if (database === undefined) return
    created ??= untilReachable(serverUrl(options)).then(() => createDatabases(serverUrl(options), NAMES))
    await created
    await applyMigrations(serviceDatabase(options, database), database)
  }
}

/** `--fresh`: everything that an earlier start left, on the disk and on a database server that is not ours. */
export const forget = async (options: StartOptions): Promise<void> => {
  for (const folder of ['postgres', 'broker', 'simulators', 'logs'])
    await rm(join(options.data, folder), { recursive: true, force: true })
  if (options.databaseUrl === undefined) return
  await untilReachable(options.databaseUrl)
  const client = new pg.Client({ connectionString: options.databaseUrl })
  await client.connect()
  try {
    for (const name of NAMES) await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  } finally {
    await client.end()
  }
}
