import { applyMigrations } from '../migrations/apply.ts'
import { databaseUrl } from '../postgres/cluster.ts'
import { createDatabases, untilReachable } from '../postgres/server.ts'
import { type ProcessPlan, SERVICES, serviceDatabase } from '../processes.ts'
import type { StartOptions } from './options.ts'

export const DATABASES = SERVICES.map((service) => `waybill_${service}`)

/** Answers how to bring the database of one process up to date; the databases themselves are created at the first call. */
export const databasePreparation = (options: StartOptions): ((plan: ProcessPlan) => Promise<void>) => {
  const server = options.databaseUrl ?? databaseUrl(options.postgresPort, 'postgres')
  let created: Promise<void> | undefined
  return async ({ database }) => {
    if (database === undefined) return
    created ??= untilReachable(server).then(() => createDatabases(server, DATABASES))
    await created
    await applyMigrations(serviceDatabase(options, database), database)
  }
}
