import { z } from 'zod'

/** The query of a list whose items are numbered: `cursor` is the last number of the page before. */
export const page = {
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'a cursor from nextCursor')
    .default('0'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
}

/** The items as presented; `nextCursor` where there may be more. */
export const pageOf = <Item extends { readonly id: bigint }, Answer>(
  items: readonly Item[],
  limit: number,
  present: (item: Item) => Answer,
): { items: Answer[]; nextCursor?: string } => ({
  items: items.map(present),
  ...(items.length === limit ? { nextCursor: String(items.at(-1)!.id) } : {}),
})
