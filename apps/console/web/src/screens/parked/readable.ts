interface Content {
  readonly value: string | null
  readonly encoding?: 'base64' | undefined
}

/** A value as it is best read: JSON laid out, any other text as it is, what is no text as base64. */
export const readable = ({ value, encoding }: Content): string => {
  if (value === null) return 'no value (a tombstone)'
  if (encoding === 'base64') return `base64: ${value}`
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/**
 * What was typed as it is sent: no text of a request may hold line breaks, and between the parts of JSON any space is as
 * good as another. A line break within a text of JSON is a fault of its own.
 */
export const asSent = (typed: string): string =>
  faultIn(typed) === undefined ? typed.replace(/\s*[\r\n\t]\s*/g, ' ').trim() : typed

/** What is wrong with a text that is meant to be JSON, or nothing. */
export const faultIn = (text: string): string | undefined => {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
