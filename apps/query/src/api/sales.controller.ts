import { Controller, Get, Inject } from '@nestjs/common'
import type { PrismaClient } from '#prisma/query'
import { PRISMA } from './prisma.ts'

const MINUTES = 60

@Controller('sales')
export class SalesController {
  constructor(@Inject(PRISMA) private readonly prisma: PrismaClient) {}

  /** Completed orders and their worth, of the latest minutes in which there were any. */
  @Get()
  async list() {
    const rows = await this.prisma.salesPerMinute.findMany({ orderBy: { minute: 'desc' }, take: MINUTES })
    return {
      items: rows.map(({ minute, orders, currency, amount }) => ({
        minute,
        orders,
        amount: { amount: Number(amount), currency },
      })),
    }
  }
}
