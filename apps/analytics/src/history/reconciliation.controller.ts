import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common'
import { Database } from '#libs/database'
import { Problem } from '#libs/http'
import { HOUR } from '#libs/streams'
import { dimensions } from '../domain/measures.ts'
import { visitDimensions } from '../domain/visit-sums.ts'
import { readCounts } from '../sql/read-windows.ts'
import { readVisits } from '../sql/visits.ts'
import { BatchJob, type BatchResult } from './batch-job.ts'
import { reconcile, type Sums } from './reconcile.ts'

const MOST_ROWS = 100_000

/** Whether the stream and the batch, which count the same events by different ways, say the same. */
@Controller('analytics/reconciliation')
export class ReconciliationController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BatchJob) private readonly job: BatchJob,
  ) {}

  @Get()
  async look() {
    const { running, result, failure } = this.job.state
    const state = { archived: this.job.isPossible, running, ...(failure !== undefined && { failure }) }
    if (result === undefined) return { ...state, items: [] }
    const items = reconcile(await this.#streamed(result), result)
    return {
      ...{ ...state, countedAt: new Date(result.at), tookMs: result.tookMs, files: result.files },
      items: items.map(({ start, ...hour }) => ({ start: new Date(start), ...hour })),
    }
  }

  /** Counts anew: what comes of it is seen by GET. */
  @Post()
  @HttpCode(202)
  count() {
    if (!this.job.isPossible) throw new Problem(501, { type: 'not-archived', detail: 'no archive is kept (ARCHIVE)' })
    this.job.run()
    return { running: true }
  }

  async #streamed({ from, at }: BatchResult): Promise<Sums[]> {
    const asked = { step: HOUR, from, to: at + HOUR }
    const events = dimensions.map(async (dimension) => {
      const windows = await readCounts(this.database, asked, dimension, MOST_ROWS)
      return windows.map(({ start, key, sums }): Sums => ({ start: start.getTime(), dimension, key, sums }))
    })
    const visits = visitDimensions.map(async (dimension) => {
      const windows = await readVisits(this.database, asked, dimension, MOST_ROWS)
      return windows.map(
        ({ start, key, visits, pages, duration }): Sums => ({
          ...{ start, dimension, key, sums: { visits, pages, duration } },
        }),
      )
    })
    return (await Promise.all([...events, ...visits])).flat()
  }
}
