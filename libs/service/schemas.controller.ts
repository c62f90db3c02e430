import { Controller, Get, Inject } from '@nestjs/common'
import type { StreamKind } from '#libs/decider'
import { STREAM_KINDS } from './tokens.ts'

/** What this service stores, in which versions; the gateway gathers it from all services. */
@Controller('internal/schemas')
export class SchemasController {
  constructor(@Inject(STREAM_KINDS) private readonly streams: readonly StreamKind[]) {}

  @Get()
  list() {
    return { streams: this.streams }
  }
}
