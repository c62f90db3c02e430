import type pg from 'pg'
import { kafkaPublisher } from '#libs/messaging'
import { traffic } from './traffic.ts'

/** From one event to the next: nearly every one is in a second of its own in its partition, so there are about as many results. */
const STEP_MS = 35
const AT_ONCE = 5_000

/** So many old events, the last of them of now, as fast as the broker takes them. */
export const publishBurst = async (brokers: string, count: number): Promise<void> => {
  const events = traffic(7, Date.now() - count * STEP_MS, STEP_MS)
  const publisher = kafkaPublisher({ brokers: brokers.split(','), clientId: 'traffic', compression: 'snappy' })
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const records = Array.from({ length: AT_ONCE }, () => ({ ...events.next().value!, headers: {} }))
    await publisher.publish(records.map((record) => ({ topic: 'shop-events' as const, record })))
  }
  await publisher.close()
}

/** Whether all of them are counted: things that are taken out of baskets are counted nowhere. */
export const isAlmost = (counted: number, count: number): boolean => counted >= count * 0.97

/** How many records are counted, in whichever way. */
export const countedIn = async (database: pg.Client): Promise<number> => {
  const { rows } = await database.query<{ counted: string }>(
    `SELECT coalesce(sum(views + searches + baskets + checkouts + late + duplicates + unreadable), 0) AS counted
       FROM window_counts WHERE step = 3600000 AND dimension = 'all'`,
  )
  return Number(rows[0]!.counted)
}

/** Sales of the hours about now, asked of the service. */
export const salesUrl = (service: string): string => {
  const [from, to] = [new Date(Date.now() - 24 * 3_600_000), new Date(Date.now() + 3_600_000)]
  return `${service}/analytics/sales?step=1h&by=all&from=${from.toISOString()}&to=${to.toISOString()}`
}
