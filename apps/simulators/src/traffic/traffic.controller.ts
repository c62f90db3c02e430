import { Body, Controller, Delete, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { z } from 'zod'
import { parse } from '#libs/http'
import { trafficOptions } from '#libs/traffic'
import { refusal } from '../refusal.ts'
import { Visitors } from './visitors.ts'

/** Of a process that others share the machine with: `npm run traffic` goes further. */
const MOST_PER_SECOND = 20_000
const LONGEST_SECONDS = 3_600
const MOST_VISITORS = 50_000

const request = trafficOptions.partial({ start: true }).extend({
  rate: z.int().min(1).max(MOST_PER_SECOND).default(500),
  seconds: z.int().min(1).max(LONGEST_SECONDS).default(60),
  visitors: z.int().min(1).max(MOST_VISITORS).default(5_000),
  acks: z.union([z.literal(0), z.literal(1)]).default(1),
})

@Controller('traffic')
export class TrafficController {
  constructor(@Inject(Visitors) private readonly visitors: Visitors) {}

  @Post()
  @HttpCode(202)
  start(@Body() body: unknown) {
    const { start = Date.now(), ...options } = parse(request, body ?? {})
    return this.visitors.start({ ...options, start })
  }

  @Get()
  look() {
    const { run } = this.visitors
    if (run === undefined) throw refusal(404, 'no_traffic', 'there were no visitors since the start')
    return run
  }

  /** Answered when the last events that were sent have arrived. */
  @Delete()
  async stop() {
    await this.visitors.stop()
    return this.look()
  }
}
