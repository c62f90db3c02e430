import { createLogger, logLevel, setLogLevel } from './logger.ts'

/** For how long a process that was told by a signal says everything. Milliseconds. */
const SAYS_ALL_MS = 10 * 60_000

/** SIGUSR2: everything is logged for ten minutes; once more ends that. */
export const changeLevelOnSignal = (): void => {
  process.on('SIGUSR2', () => {
    if (logLevel().level === 'debug') setLogLevel(logLevel().usual)
    else setLogLevel('debug', SAYS_ALL_MS)
    createLogger('logging').warn('log level changed by a signal', logLevel())
  })
}
