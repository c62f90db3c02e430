export { describeError } from './describe-error.ts'
export { configureLogging, createLogger, type Fields, type LogFormat, type Logger, type LogLevel } from './logger.ts'
export { Outage } from './outage.ts'
