import { Body, Controller, Get, Put } from '@nestjs/common'
import { z } from 'zod'
import { createLogger, logLevel, setLogLevel } from '#libs/observability'
import { Actor } from './actor.ts'
import { parse } from './parse.ts'

const request = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  /** Then it is again what the process was started with. */
  minutes: z.number().positive().max(1_440).default(10),
})

/** What this process logs, and changing that while it runs. */
@Controller('internal/log-level')
export class LogLevelController {
  readonly #log = createLogger('logging')

  @Get()
  level() {
    const { until, ...now } = logLevel()
    return { ...now, ...(until !== undefined && { until: new Date(until).toISOString() }) }
  }

  @Put()
  change(@Body() body: unknown, @Actor() actor: string) {
    const { level, minutes } = parse(request, body)
    setLogLevel(level, minutes * 60_000)
    this.#log.warn('log level changed', { to: level, minutes, actor })
    return this.level()
  }
}
