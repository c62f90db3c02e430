import { pino } from 'pino'
import { serializeError } from './describe-error.ts'
import { prettyLine } from './pretty-line.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFormat = 'pretty' | 'json'

/** What an entry is about, by the names of `fields` in names.ts. An `error` is written with its type, stack and causes. */
export type Fields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

const settings = {
  service: 'waybill',
  format: 'json' as LogFormat,
  write: (line: string): void => void process.stdout.write(line),
}

const root = pino(
  {
    level: 'info',
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (level) => ({ level }) },
    serializers: { error: serializeError },
  },
  { write: (line: string) => settings.write(settings.format === 'pretty' ? prettyLine(line) : line) },
)

/**
 * How this process logs; called once by its `main`, before anything is worth logging. `write` receives whole lines.
 */
export const configureLogging = (options: {
  service?: string
  level?: LogLevel
  format?: LogFormat
  write?: (line: string) => void
}): void => {
  if (options.service !== undefined) settings.service = options.service
  if (options.level !== undefined) root.level = options.level
  if (options.format !== undefined) settings.format = options.format
  if (options.write !== undefined) settings.write = options.write
}

/** A logger for one part of the process. One line per entry on stdout, whatever is in the fields. */
export const createLogger = (name: string): Logger => {
  // Not a child of pino's: those keep the level that there was when they were made.
  const log = (level: Exclude<LogLevel, 'silent'>) => (message: string, fields?: Fields) =>
    root[level]({ service: settings.service, name, ...fields }, message)
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}
