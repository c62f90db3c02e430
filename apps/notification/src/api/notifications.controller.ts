import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { customerId, orderId } from '#libs/contracts'
import { parse } from '#libs/http'
import type { PrismaClient } from '#prisma/notification'
import { PRISMA } from './prisma.ts'

const filter = z.object({
  customerId: customerId.optional(),
  orderId: orderId.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

@Controller('notifications')
export class NotificationsController {
  constructor(@Inject(PRISMA) private readonly prisma: PrismaClient) {}

  /** What customers were told, newest first. */
  @Get()
  async list(@Query() query: unknown) {
    const { limit, customerId, orderId } = parse(filter, query)
    const items = await this.prisma.notification.findMany({
      where: { ...(customerId && { customerId }), ...(orderId && { orderId }) },
      orderBy: [{ at: 'desc' }, { notificationId: 'asc' }],
      take: limit,
    })
    return {
      items: items.map(({ error, returnId, ...item }) => ({
        ...item,
        ...(returnId !== '' && { returnId }),
        ...(error !== null && { error }),
      })),
    }
  }
}
