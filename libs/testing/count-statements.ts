import type { PrismaSql } from '#libs/database'

/** A transaction that counts the statements it is asked for. */
export const countStatements = (tx: PrismaSql): PrismaSql & { readonly statements: number } => {
  let statements = 0
  return {
    get statements() {
      return statements
    },
    $queryRawUnsafe: <T>(sql: string, ...parameters: unknown[]) => {
      statements++
      return tx.$queryRawUnsafe<T>(sql, ...parameters)
    },
    $executeRawUnsafe: (sql, ...parameters) => {
      statements++
      return tx.$executeRawUnsafe(sql, ...parameters)
    },
  }
}
