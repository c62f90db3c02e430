import type pg from 'pg'
import { binaryArray } from './binary-array.ts'
import type { Sql } from './sql.ts'
import { type Statement, statementOf } from './statement.ts'

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
    const statement = statementOf(text)
    const values = parameters.map((value, index) => sent(value, index, statement))
    const { name } = statement
    return this.client.query(name === undefined ? { text, values } : { text, name, values })
  }
}

const sent = (value: unknown, index: number, { arrays }: Statement): unknown => {
  if (Array.isArray(value)) return binaryArray(arrays[index] ?? '', value) ?? value
  return value instanceof Date ? value.toISOString() : value
}
