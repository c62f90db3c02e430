import { Controller, Get, Inject, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '#libs/database'
import { parse } from '#libs/http'
import { changesBefore, type Place, type RecordedChange } from '../changes-before.ts'
import { levelAnswer, productOf } from './stock-answer.ts'

const cursor = z
  .string()
  .regex(/^[1-9]\d{0,8}\.[1-9]\d{0,8}$/, 'not a cursor of this list: pass on `nextCursor` as it came')
  .transform((text): Place => {
    const [version, part] = text.split('.').map(Number) as [number, number]
    return { version, part }
  })
const movementsQuery = z.strictObject({
  cursor: cursor.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** Why the level of a product is what it is. */
@Controller('stock/:sku/movements')
export class StockHistoryController {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Every movement, youngest first; `nextCursor` is null on the last page. */
  @Get()
  async movements(@Param('sku') given: string, @Query() query: unknown) {
    const { cursor, limit } = parse(movementsQuery, query)
    const { sku } = await productOf(this.database, given)
    const changes = await changesBefore(this.database, sku, limit, cursor)
    const last = changes.at(-1)
    const isFirst = last === undefined || (last.version === 1 && last.part === 1)
    return { items: changes.map(movementAnswer), nextCursor: isFirst ? null : `${last.version}.${last.part}` }
  }
}

const movementAnswer = ({ version, at, change, after }: RecordedChange) => ({
  version,
  at: at.toISOString(),
  ...change,
  ...levelAnswer(after),
})
