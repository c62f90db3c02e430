import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../root.ts'

export interface Migration {
  /** Folder name; migrations apply in the order of their names. */
  readonly name: string
  readonly sql: string
  /** As Prisma computes it: SHA-256 of the script, in hex. */
  readonly checksum: string
}

export const schemaFolder = (service: string): string => join(ROOT, 'prisma', service)

/** Every service with a database of its own, i.e. a schema under `prisma/`. */
export const servicesWithDatabase = (): string[] =>
  readdirSync(join(ROOT, 'prisma')).filter((name) => existsSync(join(schemaFolder(name), 'schema.prisma')))

export const readMigrations = (service: string): Migration[] => {
  const folder = join(schemaFolder(service), 'migrations')
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
}

/** The service's Prisma schema: every `.prisma` file directly in its folder. */
export const readSchema = (service: string): { path: string; content: string }[] =>
  readdirSync(schemaFolder(service))
    .filter((name) => name.endsWith('.prisma'))
    .map((name) => join(schemaFolder(service), name))
    .map((path) => ({ path, content: readFileSync(path, 'utf8') }))
