import { hash } from 'node:crypto'

/** SHA-256, in hex, of a JSON value; the order of an object's fields makes no difference, as none is meant by it. */
export const fingerprint = (value: unknown): string => hash('sha256', JSON.stringify(value, sortFields) ?? '')

const sortFields = (_key: string, value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  // As entries: an object would sort fields that look like numbers by itself, and take __proto__ for something else.
  return { object: Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) }
}
