import type { Database } from '#libs/database'
import type { Replies } from '#libs/request-reply'
import { available } from './domain/stock.ts'
import { findLevels } from './sql/find-levels.ts'

/** Question → reply. */
export const replies = (database: Database): Pick<Replies, 'stock.check'> => ({
  'stock.check': async ({ data: { lines } }) => {
    const levels = await findLevels(
      database,
      lines.map(({ sku }) => sku),
    )
    const left = new Map(levels.map((level) => [level.sku, available(level)]))
    return {
      type: 'stock.checked',
      data: { lines: lines.map((line) => ({ ...line, available: left.get(line.sku) ?? 0 })) },
    }
  },
})
