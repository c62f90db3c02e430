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
