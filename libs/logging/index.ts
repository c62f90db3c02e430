export { customerHash, hashCustomersWith } from './customer-hash.ts'
export { describeError } from './describe-error.ts'
export { changeLevelOnSignal } from './level-signal.ts'
export {
  configureLogging,
  createLogger,
  type Fields,
  type LogFormat,
  type Logger,
  type LogLevel,
  logLevel,
  setLogLevel,
} from './logger.ts'
export { Outage } from './outage.ts'
