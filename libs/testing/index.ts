export { type BrokerProcess, type BrokerProcessOptions, freePort, runBroker, startBroker } from './broker-process.ts'
export { countStatements } from './count-statements.ts'
export { deliver } from './deliver.ts'
export { type TestDatabase, testDatabase } from './postgres.ts'
