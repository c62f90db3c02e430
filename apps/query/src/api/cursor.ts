import { z } from 'zod'

/** The last row of a page: where the next one begins. */
export interface Cursor {
  readonly at: Date
  readonly id: string
}

export const encodeCursor = ({ at, id }: Cursor): string =>
  Buffer.from(`${at.toISOString()} ${id}`).toString('base64url')

/** After 1970, before 10000: what a database knows as well. */
const instant = z.iso.datetime().refine((text) => Date.parse(text) >= 0)

/** Opaque to callers; anything that we did not hand out is a bad request, not a failing query. */
export const cursor = z.string().transform((text, context): Cursor => {
  const [at, id] = Buffer.from(text, 'base64url').toString('utf8').split(' ')
  if (instant.safeParse(at).success && z.uuid().safeParse(id).success) return { at: new Date(at!), id: id! }
  context.addIssue('not a cursor of this list: pass on `nextCursor` as it came')
  return z.NEVER
})
