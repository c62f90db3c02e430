export { countStatements } from './count-statements.ts'
export { type TestDatabase, testDatabase } from './postgres.ts'
