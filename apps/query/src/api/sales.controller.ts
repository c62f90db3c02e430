import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { sku } from '#libs/contracts'
import { Database } from '#libs/database'
import { parse } from '#libs/http'
import type { PrismaClient } from '#prisma/query'
import { type ProductSales, readProductSales } from '../sql/read-product-sales.ts'
import { PRISMA } from './prisma.ts'
import { served } from './served.ts'

const MINUTES = 60

const day = z.iso.date()
const productsQuery = z.strictObject({
  /** One day in place of `from` and `to`. */
  day: day.optional(),
  from: day.optional(),
  to: day.optional(),
  sku: sku.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,6}$/, 'a cursor from nextCursor')
    .default('0'),
})

@Controller('sales')
export class SalesController {
  constructor(
    @Inject(PRISMA) private readonly prisma: PrismaClient,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** Completed orders and their worth, of the latest minutes in which there were any. */
  @Get()
  async list() {
    const rows = await this.prisma.salesPerMinute.findMany({
      where: { orders: { not: 0 } },
      orderBy: { minute: 'desc' },
      take: MINUTES,
    })
    return {
      items: rows.map(({ minute, orders, currency, amount }) => ({
        minute,
        orders,
        amount: { amount: Number(amount), currency },
      })),
    }
  }

  /** What was sold of each product on each day, and what of that came back since. */
  @Get('products')
  async products(@Query() query: unknown) {
    const { day, from = day, to = day, sku, limit, cursor } = parse(productsQuery, query)
    const rows = await served('product-sales', () =>
      readProductSales(this.database, { from, to, sku }, Number(cursor), limit + 1),
    )
    return {
      items: rows.slice(0, limit).map(soldProduct),
      nextCursor: rows.length > limit ? String(Number(cursor) + limit) : null,
    }
  }
}

const soldProduct = (row: ProductSales) => {
  const { day, sku, orders, quantity, currency, returnedQuantity } = row
  const money = (amount: bigint) => ({ amount: Number(amount), currency })
  return {
    ...{ day, sku, orders, quantity, amount: money(row.amount) },
    returned: { quantity: returnedQuantity, amount: money(row.returnedAmount) },
    net: { quantity: quantity - returnedQuantity, amount: money(row.amount - row.returnedAmount) },
  }
}
