import { Controller, Get, Inject, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { customerId } from '#libs/contracts'
import { Database } from '#libs/database'
import { Problem, parse } from '#libs/http'
import { type CustomerOrder, sumOf } from '../projections/customer-history/fold.ts'
import { readCustomerOrders, readCustomerTotals } from '../sql/read-customer-history.ts'
import { cursor, encodeCursor } from './cursor.ts'
import { served } from './served.ts'

const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
})

@Controller('customers')
export class CustomersController {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** What a customer ordered, spent and got back: totals by currency, and the orders, newest first. */
  @Get(':customerId/history')
  async history(@Param('customerId') id: string, @Query() query: unknown) {
    const { limit, cursor: after } = parse(page, query)
    const [totals, rows] = await served('customer-history', () =>
      Promise.all([readCustomerTotals(this.database, id), readCustomerOrders(this.database, id, after, limit + 1)]),
    )
    if (!customerId.safeParse(id).success || totals.length === 0)
      throw new Problem(404, { type: 'unknown-customer', detail: `customer ${id} has not ordered anything` })
    const items = rows.slice(0, limit)
    const last = items.at(-1)
    return {
      customerId: id,
      totals: totals.map(({ currency, orders, completed, spent, returned }) => ({
        ...{ currency, orders, completed },
        ...{ spent: money(Number(spent), currency), returned: money(Number(returned), currency) },
      })),
      items: items.map(({ orderId, state }) => orderOf(orderId, state)),
      nextCursor: rows.length > limit && last ? encodeCursor({ at: last.placedAt, id: last.orderId }) : null,
    }
  }
}

const orderOf = (orderId: string, { placedAt, status, total, currency, spent, returned }: CustomerOrder) => ({
  ...{ orderId, placedAt, status },
  total: money(total, currency),
  spent: money(sumOf(spent), currency),
  returned: money(sumOf(returned), currency),
})

const money = (amount: number, currency: string) => ({ amount, currency })
