import { applyMigrations } from '../migrations/apply.ts'
import { databaseUrl } from '../postgres/cluster.ts'
import { createDatabases, untilReachable } from '../postgres/server.ts'
import { type ProcessPlan, SERVICES, serviceDatabase, VAULT } from '../processes.ts'
import type { StartOptions } from './options.ts'

export const DATABASES = [...SERVICES, VAULT].map((service) => `waybill_${service}`)

/**
 * Answers how to bring the database of one process up to date; the databases themselves are created at the first call, and
 * the vault, which several use, is brought up to date by it.
 */
export const databasePreparation = (options: StartOptions): ((plan: ProcessPlan) => Promise<void>) => {
  const server = options.databaseUrl ?? databaseUrl(options.postgresPort, 'postgres')
  let created: Promise<void> | undefined
  return async ({ database }) => {
    if (database === undefined) return
    created ??= untilReachable(server)
      .then(() => createDatabases(server, DATABASES))
      .then(async () => void (await applyMigrations(serviceDatabase(options, VAULT), VAULT)))
    await created
    await applyMigrations(serviceDatabase(options, database), database)
  }
}
