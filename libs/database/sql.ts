/** One SQL statement's way to the database, inside or outside of a transaction. `$1`-style parameters. */
export interface Sql {
  /**
   * Answers the rows: `bigint` columns as BigInt, timestamps as Date, json as what it says, bytea as Buffer. An array
   * parameter is sent as a literal, which the statement casts (`$1::text[]`).
   */
  query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]>
  /** Answers the number of rows changed. */
  execute(statement: string, ...parameters: unknown[]): Promise<number>
}
