interface SerializedError {
  readonly type: string
  readonly message: string
  readonly cause?: unknown
}

/** An entry, a line of JSON, for a person: one line, too. */
export const prettyLine = (entry: string): string => {
  const { time, level, service: _, name, message, ...fields } = JSON.parse(entry) as Record<string, string>
  let line = `${time!.slice(11, 23)} ${level!.toUpperCase().padEnd(5)} ${name}: ${message}`
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${prettyValue(value)}`
  return `${line.replaceAll('\n', ' ⏎ ')}\n`
}

const prettyValue = (value: unknown): string => {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  return isError(value) ? describe(value) : JSON.stringify(value)
}

const isError = (value: unknown): value is SerializedError =>
  typeof value === 'object' && value !== null && 'type' in value && 'stack' in value

/** Outermost first, as `describeError` does. */
const describe = (error: unknown): string => {
  if (!isError(error)) return String(error)
  const own = `${error.type}: ${error.message}`
  return error.cause === undefined ? own : `${own} ← ${describe(error.cause)}`
}
