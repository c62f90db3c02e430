import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { parse } from '#libs/http'
import { KafkaBatchServer } from '../kafka-batch-server.ts'
import type { ParkedItem } from './sql/list-parked.ts'

/** A page of what is parked: `cursor` is the last place of the page before. */
export const parkedPage = z.object({
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'a cursor from nextCursor')
    .default('0'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** What this service has parked; the gateway gathers it from all services. */
@Controller('internal/parked')
export class ParkedController {
  constructor(@Inject(KafkaBatchServer) private readonly server: KafkaBatchServer) {}

  @Get()
  async list(@Query() query: unknown) {
    const { cursor, limit } = parse(parkedPage, query)
    const parked = await this.server.parked(BigInt(cursor), limit)
    return {
      items: parked.map(present),
      ...(parked.length === limit ? { nextCursor: String(parked.at(-1)!.id) } : {}),
    }
  }
}

const present = (item: ParkedItem) => ({
  id: String(item.id),
  topic: item.topic,
  partition: item.partition,
  offset: Number(item.offset),
  key: item.key === null ? null : Buffer.from(item.key).toString('utf8'),
  messageId: item.messageId,
  type: item.type,
  status: item.status,
  reason: item.reason,
  error: item.error,
  attempts: item.attempts,
  ...(item.nextAttemptAt === null ? {} : { nextAttemptAt: item.nextAttemptAt.toISOString() }),
  parkedAt: item.parkedAt.toISOString(),
})
