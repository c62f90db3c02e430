export { Database, DatabaseUnavailable, type PrismaDatabase, type PrismaSql, type Sql } from './database.ts'
export { ConcurrencyConflict, isConnectionError, isRetryableConflict } from './errors.ts'
export { GroupCommit, type GroupCommitOptions, type Work } from './group-commit.ts'
export { type Part, type PartClass, UnitOfWork } from './unit-of-work.ts'
