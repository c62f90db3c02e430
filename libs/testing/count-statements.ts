import type { Sql } from '#libs/database'

/** A transaction that counts the statements it is asked for. */
export const countStatements = (sql: Sql): Sql & { readonly statements: number } => {
  let statements = 0
  return {
    get statements() {
      return statements
    },
    query: <Row>(statement: string, ...parameters: unknown[]) => {
      statements++
      return sql.query<Row>(statement, ...parameters)
    },
    execute: (statement, ...parameters) => {
      statements++
      return sql.execute(statement, ...parameters)
    },
  }
}
