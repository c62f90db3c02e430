import { Controller, Get, Inject, Query } from '@nestjs/common'
import { Database } from '#libs/database'
import { listParkedEffects, type ParkedEffect } from '#libs/effects'
import { parse } from '#libs/http'
import { parkedPage } from '#libs/messaging'

/** The calls of this service whose outcome could not be recorded; the gateway gathers them from all services. */
@Controller('internal/parked-effects')
export class EffectsController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get()
  async list(@Query() query: unknown) {
    const { cursor, limit } = parse(parkedPage, query)
    const parked = await listParkedEffects(this.database, BigInt(cursor), limit)
    return {
      items: parked.map(present),
      ...(parked.length === limit ? { nextCursor: String(parked.at(-1)!.seq) } : {}),
    }
  }
}

const present = ({ seq: _, payload: __, cause, parkedAt, ...effect }: ParkedEffect) => ({
  ...effect,
  correlationId: cause.correlationId,
  causationId: cause.id,
  parkedAt: parkedAt.toISOString(),
})
