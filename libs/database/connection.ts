import { hash } from 'node:crypto'
import pg from 'pg'
import { arrayLiteral } from './array-literal.ts'
import type { Sql } from './sql.ts'

/** Distinct statements that are prepared; the rest (lists of ever other lengths) is parsed each time. */
const MAX_PREPARED = 500
const names = new Map<string, string>()

/**
 * The statements of this system are few and run thousands of times: prepared once per connection, PostgreSQL neither
 * parses nor plans them again, which is most of what a short statement costs.
 */
const nameOf = (statement: string): string | undefined => {
  let name = names.get(statement)
  if (name === undefined && names.size < MAX_PREPARED) {
    name = hash('sha1', statement).slice(0, 16)
    names.set(statement, name)
  }
  return name
}

const parameter = (value: unknown): unknown => {
  if (Array.isArray(value)) return arrayLiteral(value)
  return value instanceof Date ? value.toISOString() : value
}

/**
 * Statements on one connection (or on whichever of a pool's is free). Those that are asked for one after the other
 * without waiting leave together and are carried out in that order.
 */
export class Connection implements Sql {
  constructor(private readonly client: Pick<pg.ClientBase, 'query'>) {}

  async query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]> {
    return (await this.#send(statement, parameters)).rows as Row[]
  }

  async execute(statement: string, ...parameters: unknown[]): Promise<number> {
    return (await this.#send(statement, parameters)).rowCount ?? 0
  }

  #send(text: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    if (parameters.length === 0) return this.client.query(text)
    return this.client.query({ text, name: nameOf(text)!, values: parameters.map(parameter) })
  }
}
