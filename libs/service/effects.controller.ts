import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '#libs/database'
import { listParkedEffects, type ParkedEffect } from '#libs/effects'
import { parse } from '#libs/http'
import { page, pageOf } from './page.ts'

/** The calls of this service whose outcome could not be recorded; the gateway gathers them from all services. */
@Controller('internal/parked-effects')
export class EffectsController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get()
  async list(@Query() query: unknown) {
    const { cursor, limit } = parse(z.strictObject(page), query)
    const parked = await listParkedEffects(this.database, BigInt(cursor), limit)
    return pageOf(
      parked.map((effect) => ({ ...effect, effectId: effect.id, id: effect.seq })),
      limit,
      present,
    )
  }
}

const present = ({
  seq: _,
  payload: __,
  cause,
  parkedAt,
  id,
  ...effect
}: Omit<ParkedEffect, 'id'> & { id: bigint; effectId: string }) => ({
  id: String(id),
  ...effect,
  correlationId: cause.correlationId,
  causationId: cause.id,
  parkedAt: parkedAt.toISOString(),
})
