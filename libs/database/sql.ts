/** One SQL statement's way to the database, inside or outside of a transaction. `$1`-style parameters. */
export interface Sql {
  /**
   * Answers the rows: `bigint` columns as BigInt, timestamps as Date, json as what it says, bytea as Buffer. An array
   * parameter is an array of the type that the statement casts it to (`$1::text[]`); TypeError or RangeError when it is not.
   */
  query<Row>(statement: string, ...parameters: unknown[]): Promise<Row[]>
  /** Answers the number of rows changed. */
  execute(statement: string, ...parameters: unknown[]): Promise<number>
}
