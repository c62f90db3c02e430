import { describeError } from './describe-error.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export type LogFormat = 'pretty' | 'json'

/** What an entry is about, by the names of `fields` in names.ts. An `error` is written with its name, stack and causes. */
export type Fields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: Fields): void
  info(message: string, fields?: Fields): void
  warn(message: string, fields?: Fields): void
  error(message: string, fields?: Fields): void
}

const SEVERITY: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40, silent: 100 }

const settings = {
  service: 'waybill',
  severity: SEVERITY.info,
  format: 'json' as LogFormat,
  write: (line: string): void => void process.stdout.write(line),
}

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
  if (options.level !== undefined) settings.severity = SEVERITY[options.level]
  if (options.format !== undefined) settings.format = options.format
  if (options.write !== undefined) settings.write = options.write
}

/** A logger for one part of the process. One line per entry on stdout, whatever is in the fields. */
export const createLogger = (name: string): Logger => {
  const log = (level: Exclude<LogLevel, 'silent'>) => (message: string, fields?: Fields) => {
    if (SEVERITY[level] >= settings.severity) settings.write(formats[settings.format](level, name, message, fields))
  }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

type Format = (level: string, name: string, message: string, fields: Fields | undefined) => string

const json: Format = (level, name, message, fields) => {
  const entry = { time: new Date().toISOString(), level, service: settings.service, name, message, ...fields }
  return `${JSON.stringify(entry, writable)}\n`
}

const pretty: Format = (level, name, message, fields) => {
  const time = new Date().toISOString().slice(11, 23)
  let line = `${time} ${level.toUpperCase().padEnd(5)} ${name}: ${message}`
  for (const [key, value] of Object.entries(fields ?? {})) line += ` ${key}=${prettyValue(value)}`
  return `${line.replaceAll('\n', ' ⏎ ')}\n`
}

const prettyValue = (value: unknown): string => {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  if (value instanceof Error) return describeError(value)
  return JSON.stringify(value, writable) ?? 'undefined'
}

/** What JSON cannot say by itself. */
const writable = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
    : value
}

const formats: Record<LogFormat, Format> = { json, pretty }
