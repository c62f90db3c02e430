import { arrayLiteral } from './array-literal.ts'
import { isConnectionError } from './errors.ts'

/**
 * The part of a Prisma client that the pattern libraries use: raw statements and interactive transactions. Each
 * service passes its own generated client, so no library knows a service's models.
 */
export interface PrismaSql {
  $queryRawUnsafe<T>(sql: string, ...parameters: unknown[]): Promise<T>
  $executeRawUnsafe(sql: string, ...parameters: unknown[]): Promise<number>
}

export interface PrismaDatabase<Tx extends PrismaSql = PrismaSql> extends PrismaSql {
  $transaction<T>(work: (tx: Tx) => Promise<T>, options?: { maxWait?: number; timeout?: number }): Promise<T>
  $disconnect(): Promise<void>
}

/** One SQL statement's way to the database, inside or outside of a transaction. `$1`-style parameters. */
export interface Sql {
  query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]>
  /** Answers the number of rows changed. */
  execute(statement: string, ...parameters: unknown[]): Promise<number>
}

/** The database itself could not be reached or gave up on us; says nothing about the statement. Worth a retry. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable'
}

/** Waiting this long for a connection or a commit means that something is wrong, not slow. Milliseconds. */
const LIMITS = { maxWait: 10_000, timeout: 60_000 }

/** A service's own database. */
export class Database<Client extends PrismaDatabase = PrismaDatabase> implements Sql {
  constructor(readonly client: Client) {}

  async query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]> {
    return reached(() => this.client.$queryRawUnsafe<Row[]>(statement, ...bound(parameters)))
  }

  async execute(statement: string, ...parameters: unknown[]): Promise<number> {
    return reached(() => this.client.$executeRawUnsafe(statement, ...bound(parameters)))
  }

  /** Runs `work` in one transaction, READ COMMITTED as is PostgreSQL's default: all of it or nothing. */
  async transaction<T>(work: (tx: PrismaSql) => Promise<T>): Promise<T> {
    return reached(() => this.client.$transaction(work, LIMITS))
  }

  async close(): Promise<void> {
    await this.client.$disconnect()
  }
}

/** Parameters as they go to the client: arrays as literals, which the statement casts. */
export const bound = (parameters: readonly unknown[]): unknown[] =>
  parameters.map((parameter) => (Array.isArray(parameter) ? arrayLiteral(parameter) : parameter))

/** Tells "the database is away" from every other error, once, so that nobody else has to know Prisma's codes. */
const reached = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (isConnectionError(error)) throw new DatabaseUnavailable((error as Error).message, { cause: error })
    throw error
  }
}
