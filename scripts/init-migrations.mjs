import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { schemaFolder, servicesWithDatabase } from './migrations/migration-files.ts'
import { differenceToSchema } from './migrations/schema-engine.ts'
import { withScratchDatabase } from './migrations/scratch-database.ts'
import { ROOT } from './root.ts'

/** Which service keeps which pattern's tables; a pattern's models and SQL live beside its library. */
const PATTERNS = {
  order: ['event-store', 'outbox', 'inbox', 'idempotency', 'saga', 'parked'],
  payment: ['event-store', 'outbox', 'inbox', 'effects', 'parked'],
  inventory: ['event-store', 'outbox', 'inbox', 'idempotency', 'parked'],
  fulfillment: ['event-store', 'outbox', 'inbox', 'effects', 'parked'],
  notification: ['outbox', 'inbox', 'effects', 'parked'],
  query: ['parked', 'projections'],
}

/** Parked messages belong to the library that parks them. */
const LIBRARY = { parked: 'messaging' }

const library = (pattern, extension) => join(ROOT, 'libs', LIBRARY[pattern] ?? pattern, `${pattern}.${extension}`)

/** `node scripts/init-migrations.mjs [SERVICE…]`: rebuilds the first migration of the named services, or of all. */
const services = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(PATTERNS)
for (const service of services) {
  if (PATTERNS[service] === undefined || !servicesWithDatabase().includes(service)) {
    console.error(`no service ${service} with a database: known are ${Object.keys(PATTERNS).join(', ')}`)
    process.exit(1)
  }
}

/** What Prisma's schema cannot say: the patterns' own SQL, then the service's. */
const extras = async (service) => {
  const files = [
    ...PATTERNS[service].map((name) => library(name, 'sql')),
    join(schemaFolder(service), `${service}.sql`),
  ]
  return Promise.all(files.filter((file) => existsSync(file)).map((file) => readFile(file, 'utf8')))
}

await withScratchDatabase(async (url) => {
  for (const service of services) {
    for (const name of PATTERNS[service])
      await copyFile(library(name, 'prisma'), join(schemaFolder(service), `${name}.prisma`))
    const tables = await differenceToSchema(url, service)
    const folder = join(schemaFolder(service), 'migrations', '00000000000000_init')
    await mkdir(folder, { recursive: true })
    const script = [tables, ...(await extras(service))].map((part) => `${part.trim()}\n`).join('\n')
    await writeFile(join(folder, 'migration.sql'), script)
    console.log(`wrote ${relative(ROOT, folder)}/migration.sql`)
  }
})
