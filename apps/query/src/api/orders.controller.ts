import { Controller, Get, Inject, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { customerId, orderId, orderStatus } from '#libs/contracts'
import { Problem, parse } from '#libs/http'
import type { PrismaClient, OrderView as Row } from '#prisma/query'
import type { OrderProgress, PlacedOrder } from '../projections/orders/fold.ts'
import { cursor, encodeCursor } from './cursor.ts'
import { orderAnswer, timelineOf } from './order-answer.ts'
import { PRISMA } from './prisma.ts'

const filter = z.strictObject({
  customerId: customerId.optional(),
  status: orderStatus.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
})

@Controller('orders')
export class OrdersController {
  constructor(@Inject(PRISMA) private readonly prisma: PrismaClient) {}

  /** Orders, newest first; `nextCursor` is null on the last page. */
  @Get()
  async list(@Query() query: unknown) {
    const { limit, customerId, status, cursor } = parse(filter, query)
    const rows = await this.prisma.orderView.findMany({
      where: {
        placedAt: { not: null },
        ...(customerId && { customerId }),
        ...(status && { status }),
        ...(cursor && {
          OR: [{ placedAt: { lt: cursor.at } }, { placedAt: cursor.at, orderId: { gt: cursor.id } }],
        }),
      },
      omit: { timeline: true },
      orderBy: [{ placedAt: 'desc' }, { orderId: 'asc' }],
      take: limit + 1,
    })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      items: page.map(answerOf),
      nextCursor: rows.length > limit && last ? encodeCursor({ at: last.placedAt!, id: last.orderId }) : null,
    }
  }

  @Get(':orderId')
  async get(@Param('orderId') id: string) {
    const { success, data } = orderId.safeParse(id)
    const row = success ? await this.prisma.orderView.findFirst({ where: { orderId: data } }) : null
    if (row?.placed == null) throw new Problem(404, { type: 'unknown-order', detail: `no order ${id}` })
    return { ...answerOf(row), timeline: timelineOf(row.timeline) }
  }
}

/** Of a row whose order.placed is known. */
const answerOf = ({ orderId, placed, progress }: Pick<Row, 'orderId' | 'placed' | 'progress'>) =>
  orderAnswer(orderId, placed as unknown as PlacedOrder, progress as unknown as OrderProgress)
