import { pino } from 'pino'
import { customerHash } from './customer-hash.ts'
import { serializeError } from './describe-error.ts'
import { prettyLine } from './pretty-line.ts'
import { redact } from './redact.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFormat = 'pretty' | 'json'

/**
 * What an entry is about, by the names of `fields` in fields.ts. An `error` is written with its type, stack and causes; a
 * `customerId` as `customer`, its hash; of a `traceparent` the id of the trace, as `traceId`.
 */
export type Fields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

const settings = {
  level: 'info' as LogLevel,
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
  { write: (line: string) => settings.write(redact(settings.format === 'pretty' ? prettyLine(line) : line)) },
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
  if (options.level !== undefined) {
    settings.level = options.level
    setLogLevel(options.level)
  }
  if (options.format !== undefined) settings.format = options.format
  if (options.write !== undefined) settings.write = options.write
}

let backAt: number | undefined
let timer: NodeJS.Timeout | undefined

/** What is logged from now on, or for so long, milliseconds: then again what the process was started with. */
export const setLogLevel = (level: LogLevel, forMs?: number): void => {
  clearTimeout(timer)
  root.level = level
  backAt = forMs === undefined ? undefined : Date.now() + forMs
  if (forMs !== undefined) timer = setTimeout(() => setLogLevel(settings.level), forMs).unref()
}

/** `until` in milliseconds since 1970, where it changes by itself. */
export const logLevel = (): { readonly level: LogLevel; readonly usual: LogLevel; readonly until?: number } => ({
  level: root.level as LogLevel,
  usual: settings.level,
  ...(backAt !== undefined && { until: backAt }),
})

const told = ({ customerId, traceparent, ...fields }: Fields): Fields => ({
  ...fields,
  ...(typeof customerId === 'string' && { customer: customerHash(customerId) }),
  ...(typeof traceparent === 'string' && { traceId: traceparent.split('-')[1] }),
})

/** A logger for one part of the process. One line per entry on stdout, whatever is in the fields. */
export const createLogger = (name: string): Logger => {
  // Not a child of pino's: those keep the level that there was when they were made.
  const log = (level: Exclude<LogLevel, 'silent'>) => (message: string, fields?: Fields) =>
    root.isLevelEnabled(level) && root[level]({ service: settings.service, name, ...(fields && told(fields)) }, message)
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}
