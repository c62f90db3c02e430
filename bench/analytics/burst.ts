import pg from 'pg'
import { AnalyticsProcess } from '../../test/analytics/analytics-process.ts'
import { countedIn, isAlmost, publishBurst, salesUrl } from '../../test/analytics/burst.ts'
import { until } from '../../test/support/until.ts'
import { median, ms, report } from '../figures.ts'
import { withPlace } from './place.ts'

const EVENTS = 90_000

/** Events of most of an hour at once, each a result of its own, or nearly so: how long who asks waits for an answer meanwhile. */
export const burst = (): Promise<void> =>
  withPlace(async ({ brokers, databaseUrl }) => {
    const service = await AnalyticsProcess.start({ brokers, databaseUrl }, 'bench')
    const database = new pg.Client({ connectionString: databaseUrl })
    await database.connect()
    try {
      await service.isReady()
      const begun = performance.now()
      await publishBurst(brokers, EVENTS)
      const waits = await answersWhile(salesUrl(service.url), async () => isAlmost(await countedIn(database), EVENTS))
      const seconds = (performance.now() - begun) / 1_000
      console.log(`  ${EVENTS} old events counted within ${seconds.toFixed(1)} s; ${waits.length} answers meanwhile`)
      const figure = [median(waits), Math.max(...waits)].map(ms).join(' / ')
      report('an answer meanwhile, median / slowest', `${figure} ms`, 'slowest ≤ 1,000 ms', Math.max(...waits) <= 1_000)
    } finally {
      await database.end()
      await service.stop()
    }
  })

/** How long each answer took, one question after another until it is over. Milliseconds. */
const answersWhile = async (url: string, isOver: () => Promise<boolean>): Promise<number[]> => {
  const waits: number[] = []
  const ask = async () => {
    const asked = performance.now()
    const { ok, status } = await fetch(url)
    if (!ok) throw new Error(`${url} answered ${status}`)
    waits.push(performance.now() - asked)
    return (await isOver()) || undefined
  }
  await until('the burst to be counted', ask, { timeoutMs: 300_000 })
  return waits
}
