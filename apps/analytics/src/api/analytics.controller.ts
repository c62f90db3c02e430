import { Controller, Get, Inject, Param, Query } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '#libs/database'
import { Problem, parse } from '#libs/http'
import { HOUR, MINUTE, SECOND } from '#libs/streams'
import type { WindowsAsked } from '../sql/read-windows.ts'
import { metrics, readMetric } from './metrics.ts'

const STEPS = { '1s': SECOND, '1m': MINUTE, '1h': HOUR } as const
/** Windows and groups in one answer. */
const MOST_WINDOWS = 3_600
const MOST_ROWS = 10_000
const DEFAULT_WINDOWS = 60

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const windowsQuery = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  step: z.enum(['1s', '1m', '1h']).default('1m'),
  by: z.enum(['all', 'country', 'device', 'product']).default('all'),
})

/** The windows that are stored: of a second, a minute and an hour. */
@Controller('analytics')
export class AnalyticsController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get(':metric')
  async windows(@Param('metric') name: string, @Query() query: unknown) {
    const metric = metrics.find((metric) => metric === name)
    if (metric === undefined)
      throw new Problem(404, { detail: `there is no metric ${name}; there are ${metrics.join(', ')}` })
    const { step, by, ...given } = parse(windowsQuery, query)
    const asked = windowsOf(STEPS[step], given.from, given.to)
    const items = await readMetric(this.database, metric, asked, by, MOST_ROWS)
    return { metric, step, by, from: new Date(asked.from), to: new Date(asked.to), items }
  }
}

const windowsOf = (step: number, from: number | undefined, to: number | undefined): WindowsAsked => {
  const end = to ?? (Math.floor(Date.now() / step) + 1) * step
  const asked = { step, from: from ?? end - DEFAULT_WINDOWS * step, to: end }
  if (asked.from >= asked.to) throw new Problem(400, { type: 'invalid-request', detail: '`from` is not before `to`' })
  if ((asked.to - asked.from) / step <= MOST_WINDOWS) return asked
  const detail = `from ${new Date(asked.from).toISOString()} to ${new Date(asked.to).toISOString()} are more than ${MOST_WINDOWS} windows; ask for a larger step`
  throw new Problem(400, { type: 'invalid-request', detail })
}
