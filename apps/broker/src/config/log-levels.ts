import { configureLogging, type LogLevel } from '#libs/logging'

/** Kafka's levels, and what they are here. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
  FATAL: 'error',
}
const ROOT = 'root'

let level = 'INFO'

/** Every logger by name with its level: there is one. */
export const logLevels = (): Readonly<Record<string, string>> => ({ [ROOT]: level })

/** What is wrong with this level for this logger, or undefined. */
export function logLevelProblem(logger: string, wanted: string): string | undefined {
  if (logger !== ROOT) return `Logger ${logger} does not exist!`
  if (Object.hasOwn(LEVELS, wanted)) return undefined
  const valid = Object.keys(LEVELS).sort().join(', ')
  return `Cannot set the log level of ${logger} to ${wanted} as it is not a supported log level. Valid log levels are ${valid}`
}

/** Until the broker stops; what is not named goes back to INFO. `levels` must be free of problems. */
export function changeLogLevels(levels: Readonly<Record<string, string>>): void {
  level = levels[ROOT] ?? 'INFO'
  configureLogging({ level: LEVELS[level]! })
}
