import { z } from 'zod'

/** Nothing of ours is older, and a database does not know every year that ISO 8601 does. */
const EPOCH = 0
const version = /^\d{1,9}$/

/** A version of the stream that is asked for, or an instant in ISO 8601; both inclusive. */
export const asOf = z.union(
  [
    z.string().regex(version).transform(Number),
    z.iso.datetime({ offset: true }).transform((text) => new Date(Math.max(Date.parse(text), EPOCH))),
  ],
  'a version number, or an instant such as 2026-01-31T12:00:00.000Z',
)

export type AsOf = z.infer<typeof asOf>

export const asOfQuery = z.strictObject({ asOf: asOf.optional() })
