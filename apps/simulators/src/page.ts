import { z } from 'zod'

/** Query parameters of a list that is read page by page; `cursor` is the `nextCursor` of the page before. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.coerce.number().int().min(0).default(0),
})
