import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { applyMigrations } from './migrations/apply.ts'
import { schemaFolder, servicesWithDatabase } from './migrations/migration-files.ts'
import { differenceToSchema } from './migrations/schema-engine.ts'
import { withScratchDatabase } from './migrations/scratch-database.ts'

/** `npm run migrate:diff -- SERVICE NAME`: writes the migration from the service's migrations so far to its schema. */
const [service, name] = process.argv.slice(2)
if (!service || !servicesWithDatabase().includes(service) || !name || !/^[a-z0-9_]+$/.test(name)) {
  console.error(`usage: npm run migrate:diff -- ${servicesWithDatabase().join('|')} NAME   (NAME in a-z 0-9 _)`)
  process.exit(1)
}

const sql = await withScratchDatabase(async (url) => {
  await applyMigrations(url, service)
  return differenceToSchema(url, service)
})
if (sql === '') {
  console.log(`${service}: its migrations already give its schema`)
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = join(schemaFolder(service), 'migrations', `${stamp}_${name}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'migration.sql'), `${sql}\n`)
  console.log(`wrote ${relative(process.cwd(), folder)}/migration.sql`)
}
