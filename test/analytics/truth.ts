import type { ShopEvent } from '#libs/contracts'
import { TopicReader, type TopicRecord } from '#libs/messaging'

export interface OutgoingShopEvent {
  readonly key: string
  readonly value: string
}

/** Sums by `step start dimension key measure`. */
export type Sums = Map<string, number>

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000]
const WITHIN = 10 * MINUTE
const PAUSE = 5 * MINUTE
/** So far behind its last second nothing can belong to a visit any more. */
const OVER = PAUSE + MINUTE + SECOND

/** Every record of the topic, partition by partition in order. */
export const readTopic = async (brokers: string, topic: string): Promise<TopicRecord[][]> => {
  const reader = new TopicReader({ brokers: brokers.split(','), clientId: 'truth' })
  const count = await reader.partitionCount(topic)
  const found: TopicRecord[][] = Array.from({ length: count }, () => [])
  let positions = found.map((_, partition) => ({ topic, partition, offset: 0 }))
  while (positions.length > 0) {
    const read = await reader.read(positions, { maxBytes: 16 * 1024 * 1024, partitionBytes: 4 * 1024 * 1024 })
    for (const { partition, records } of read) for (const record of records) found[partition]!.push(record)
    positions = read.flatMap(({ topic, partition, next, end }) =>
      next < end ? [{ topic, partition, offset: next }] : [],
    )
  }
  reader.close()
  return found
}

/**
 * What the results have to be, from the records alone and by other means than those of the service: lists and sets, all
 * of a partition at once.
 */
export const truthOf = (
  partitions: readonly (readonly TopicRecord[])[],
): { sums: Sums; visitors: Map<string, Set<string>> } => {
  const sums: Sums = new Map()
  const visitors = new Map<string, Set<string>>()
  const add = (time: number, measure: string, amount: number, keys: readonly string[]) => {
    for (const step of [SECOND, MINUTE, HOUR])
      for (const key of keys) {
        const name = `${step} ${Math.floor(time / step) * step} ${key} ${measure}`
        sums.set(name, (sums.get(name) ?? 0) + amount)
      }
  }
  for (const records of partitions) {
    let watermark = Number.NEGATIVE_INFINITY
    const counted = new Map<string, ShopEvent>()
    for (const { value, timestamp } of records) {
      const event = JSON.parse(String(value)) as ShopEvent & { type: string }
      const here = Number.isFinite(watermark) ? watermark : timestamp
      const end = Math.floor(event.time / SECOND) * SECOND + SECOND
      if (event.type === ('nonsense' as string)) add(here, 'unreadable', 1, ['all '])
      else if (end + MINUTE <= watermark) add(here, 'late', 1, ['all '])
      else if (event.time > timestamp + MINUTE) add(here, 'early', 1, ['all '])
      else {
        watermark = Math.max(watermark, event.time)
        if (counted.has(event.id)) add(event.time, 'duplicates', 1, ['all '])
        else counted.set(event.id, event)
      }
    }
    count([...counted.values()], add, visitors)
    countVisits([...counted.values()], watermark, add)
  }
  return { sums, visitors }
}

type Add = (time: number, measure: string, amount: number, keys: readonly string[]) => void

const count = (events: readonly ShopEvent[], add: Add, visitors: Map<string, Set<string>>): void => {
  const views = Map.groupBy(
    events.filter((event) => event.type === 'view'),
    ({ session, sku }) => `${session} ${sku}`,
  )
  const baskets = Map.groupBy(
    events.filter((event) => event.type === 'basket').filter(({ change }) => change > 0),
    ({ session, sku }) => `${session} ${sku}`,
  )
  const isWithin = (before: number, after: number) => before <= after && after - before <= WITHIN
  for (const event of events) {
    const { time, session, country, device } = event
    for (const step of [SECOND, MINUTE, HOUR]) {
      const window = `${step} ${Math.floor(time / step) * step}`
      visitors.set(window, (visitors.get(window) ?? new Set()).add(session))
    }
    const keys = ['all ', `country ${country}`, `device ${device}`]
    if (event.type === 'view') add(time, 'views', 1, [...keys, `product ${event.sku}`])
    if (event.type === 'search') add(time, 'searches', 1, keys)
    if (event.type === 'basket' && event.change > 0) add(time, 'baskets', 1, [...keys, `product ${event.sku}`])
    if (event.type !== 'checkout') continue
    add(time, 'checkouts', 1, keys)
    for (const { sku, quantity, price } of event.lines) {
      const all = [...keys, `product ${sku}`]
      add(time, 'purchases', 1, all)
      add(time, 'units', quantity, all)
      if (event.currency === 'EUR' && price > 0) add(time, 'revenue', quantity * price, all)
      const converts = (baskets.get(`${session} ${sku}`) ?? []).some(
        (basket) =>
          isWithin(basket.time, time) &&
          (views.get(`${session} ${sku}`) ?? []).some((view) => isWithin(view.time, basket.time)),
      )
      if (converts) add(time, 'converted', 1, all)
    }
  }
}

/** Of each session everything sorted, and cut at the pauses. */
const countVisits = (events: readonly ShopEvent[], watermark: number, add: Add): void => {
  for (const ofSession of Map.groupBy(events, ({ session }) => session).values()) {
    const place = ({ country, device }: ShopEvent) => `${country} ${device}`
    const sorted = ofSession.toSorted((a, b) => a.time - b.time || (place(a) < place(b) ? -1 : 1))
    const begins = sorted.flatMap(({ time }, n) => (n === 0 || time - sorted[n - 1]!.time > PAUSE ? [n] : []))
    for (const [n, begin] of begins.entries()) {
      const visit = sorted.slice(begin, begins[n + 1])
      const { time: begun, country, device } = visit[0]!
      const ended = visit.at(-1)!.time
      const pages = visit.filter(({ type }) => type === 'view' || type === 'search').length
      if (pages === 0 || Math.floor(ended / SECOND) * SECOND + SECOND + OVER > watermark) continue
      const keys = ['all ', `country ${country}`, `device ${device}`]
      add(ended, 'visits', 1, keys)
      add(ended, 'pages', pages, keys)
      // Of one event alone there is no duration to be told.
      if (ended > begun) add(ended, 'duration', ended - begun, keys)
    }
  }
}
