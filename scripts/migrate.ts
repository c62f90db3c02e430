import { applyMigrations } from './migrations/apply.ts'
import { createDatabases, untilReachable } from './postgres/server.ts'
import { SERVICES, VAULT } from './processes.ts'

const DATABASES = [...SERVICES, VAULT]

/** Brings the databases of all services on the server of `DATABASE_URL` up to date, creating them where they are missing. */
const server = process.env.DATABASE_URL
if (!server) {
  console.error('DATABASE_URL: the URL of any database on the server is required')
  process.exit(1)
}

const databaseOf = (service: string): string => `waybill_${service}`

await untilReachable(server)
await createDatabases(server, DATABASES.map(databaseOf))
for (const service of DATABASES) {
  const url = new URL(server)
  url.pathname = `/${databaseOf(service)}`
  const applied = await applyMigrations(url.href, service)
  console.log(`${databaseOf(service)}: ${applied.length === 0 ? 'up to date' : `applied ${applied.join(', ')}`}`)
}
