import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { customerId, orderId } from '#libs/contracts'
import { parse } from '#libs/http'
import type { PrismaClient } from '#prisma/notification'
import { channels } from '../domain/channels.ts'
import { PRISMA } from './prisma.ts'

const filter = z.object({
  customerId: customerId.optional(),
  orderId: orderId.optional(),
  channel: z.enum(channels).optional(),
  status: z.enum(['waiting', 'pending', 'sent', 'failed', 'skipped']).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

@Controller('notifications')
export class NotificationsController {
  constructor(@Inject(PRISMA) private readonly prisma: PrismaClient) {}

  /** What customers were told, newest first. */
  @Get()
  async list(@Query() query: unknown) {
    const { limit, ...where } = parse(filter, query)
    const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined))
    const items = await this.prisma.notification.findMany({
      where: given,
      orderBy: [{ at: 'desc' }, { notificationId: 'asc' }],
      take: limit,
    })
    return {
      items: items.map(
        ({ error, returnId, orderId, campaignId, priority, tries, replaces, releasedAt: _, ...item }) => ({
          ...item,
          // What stands for the order in a campaign is nobody's to know.
          ...(campaignId === null ? { orderId } : { campaignId }),
          ...(returnId !== '' && { returnId }),
          ...(priority !== null && { priority }),
          ...(tries !== null && { tries }),
          ...(replaces !== null && { replaces }),
          ...(error !== null && { error }),
        }),
      ),
    }
  }
}
