import { readFile } from 'node:fs/promises'
import pg from 'pg'
import type { AnalyticsProcess } from '../../test/analytics/analytics-process.ts'
import { until } from '../../test/support/until.ts'
import { report } from '../figures.ts'
import { processorTimeOf } from '../processor.ts'
import type { Published } from './publish.ts'

/** A late event that would not have counted is counted as late. */
const ALMOST_ALL = 0.999

/** From the first result to the last one that is stored; answers events a second. */
export const catchUp = async (
  service: AnalyticsProcess,
  url: string,
  { events, counted }: Published,
): Promise<number> => {
  const database = new pg.Client({ connectionString: url })
  await database.connect()
  const used = await processorTimeOf(service.pid)
  const begun = performance.now()
  const stored = async (): Promise<number> => {
    const { rows } = await database.query(
      `SELECT coalesce(sum(views + searches + baskets + checkouts + late + early + duplicates + unreadable), 0) AS sum
         FROM window_counts WHERE step = 3600000 AND dimension = 'all'`,
    )
    return Number(rows[0].sum)
  }
  await until('all events to be counted', async () => (await stored()) >= counted * ALMOST_ALL || undefined, {
    timeoutMs: 300_000,
  })
  const speed = Math.round(events / ((performance.now() - begun) / 1_000))
  await database.end()
  report('events counted, from topic to table', `${speed} /s`, '≥ 100000 /s', speed >= 100_000)
  const perMillion = ((await processorTimeOf(service.pid)) - used) / events / 1e-3
  console.log(
    `  ${perMillion.toFixed(1)} s of processor time per million events, ${await residentMiB(service.pid)} MiB resident`,
  )
  return speed
}

const residentMiB = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024)
}
