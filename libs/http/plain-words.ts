import type { z } from 'zod'

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  record: 'an object',
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  datetime: 'an instant such as 2026-01-31T12:00:00Z',
  url: 'a URL',
  safeint: 'a whole number within ±9007199254740991',
}

/** What zod found wrong, as one would say it of the field: "is missing", "is not a number", "is less than 1". */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      return `is not ${TYPES[issue.expected] ?? `of the type ${issue.expected}`}`
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum))
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum))
    case 'invalid_format':
      return `is not ${FORMATS[issue.format] ?? 'in the right form'}`
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `is none of ${issue.values.map(String).join(', ')}`
    default:
      return undefined
  }
}

const tooSmall = (origin: string, minimum: number): string => {
  if (origin === 'string') return minimum === 1 ? 'is empty' : `is shorter than ${minimum} characters`
  return origin === 'array' ? `has fewer than ${minimum} entries` : `is less than ${minimum}`
}

const tooBig = (origin: string, maximum: number): string => {
  if (origin === 'string') return `is longer than ${maximum} characters`
  return origin === 'array' ? `has more than ${maximum} entries` : `is more than ${maximum}`
}
