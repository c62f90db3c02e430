/** What `JSON.stringify` would write as an escape that PostgreSQL reads differently. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is control characters that matter here
const DIFFERS_FROM_JSON = /[\u0000-\u001f\ud800-\udfff]/
const TO_ESCAPE = /["\\]/g

/**
 * An array as PostgreSQL's array literal, e.g. `{"a","say \"b\"",NULL}`, to be cast in the statement (`$1::text[]`).
 *
 * Done here, once, because most of what a service writes are arrays of JSON texts: the driver would escape each with
 * two passes and the client look at every element before that, a quarter of all that a service allocated under load.
 */
export const arrayLiteral = (values: readonly unknown[]): string => {
  let literal = '{'
  for (let i = 0; i < values.length; i++) {
    if (i > 0) literal += ','
    literal += element(values[i])
  }
  return `${literal}}`
}

const element = (value: unknown): string => {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoted(value)
  if (value instanceof Date) return quoted(value.toISOString())
  throw new TypeError(`no array element: ${typeof value}`)
}

/** A JSON text within quotes escapes just what an array element must, and the engine does it natively. */
const quoted = (text: string): string =>
  DIFFERS_FROM_JSON.test(text) ? `"${text.replace(TO_ESCAPE, '\\$&')}"` : JSON.stringify(text)
