import { hash } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'

/** Distinct statements that are prepared; the rest (lists of ever other lengths) is parsed each time. */
const MAX_PREPARED = 500
const names = new Map<string, string>()

/**
 * The statements of this system are few and run thousands of times: prepared once per connection, PostgreSQL neither
 * parses nor plans them again, which is most of what a short statement costs.
 */
const nameOf = ({ sql, args }: { sql: string; args: unknown[] }): string | undefined => {
  if (args.length === 0) return undefined
  let name = names.get(sql)
  if (name === undefined && names.size < MAX_PREPARED) {
    name = hash('sha1', sql).slice(0, 16)
    names.set(sql, name)
  }
  return name
}

/** The driver takes no name for "not prepared"; the adapter's type does not say so. */
type StatementNameGenerator = (query: { sql: string; args: unknown[] }) => string

/** What every service passes to its own generated Prisma client. */
export const prismaOptions = (connectionString: string) => ({
  adapter: new PrismaPg({ connectionString }, { statementNameGenerator: nameOf as StatementNameGenerator }),
  // Anything else takes a stack trace of every call.
  errorFormat: 'minimal' as const,
})
