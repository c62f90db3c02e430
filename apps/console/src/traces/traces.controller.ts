import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common'
import { z } from 'zod'
import { Problem, parse } from '#libs/http'
import { otlpSpans } from './otlp-body.ts'
import { TraceStore } from './trace-store.ts'

const query = z.object({
  orderId: z.string().min(1).max(64).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** The newest traces of all processes, which send their spans here where no other collector is named. */
@Controller()
export class TracesController {
  constructor(@Inject(TraceStore) private readonly traces: TraceStore) {}

  /** OTLP/HTTP in JSON, https://opentelemetry.io/docs/specs/otlp/#otlphttp. */
  @Post('v1/traces')
  @HttpCode(200)
  receive(@Body() body: unknown) {
    this.traces.add(parse(otlpSpans, body))
    return { partialSuccess: {} }
  }

  @Get('api/traces')
  list(@Query() asked: unknown) {
    return { items: this.traces.list(parse(query, asked)) }
  }

  @Get('api/traces/:traceId')
  find(@Param('traceId') traceId: string) {
    const found = this.traces.find(traceId)
    if (found === undefined)
      throw new Problem(404, {
        type: 'unknown-trace',
        title: 'Unknown trace',
        detail: 'it is not kept, or not any more',
      })
    return found
  }
}
