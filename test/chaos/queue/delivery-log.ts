import { readFile } from 'node:fs/promises'

const ACCEPTED = 1

interface Delivered {
  readonly count: number
  readonly at: number
}

interface Heard {
  readonly deliveries: Delivered[]
  /** When a worker heard that it is done with; microseconds. */
  acceptedAt?: number
}

/** What the workers have heard of each record, by partition and offset. */
export const readDeliveries = async (files: readonly string[]): Promise<Map<string, Heard>> => {
  const records = new Map<string, Heard>()
  for (const file of files) {
    // One that was ended before it had begun has none.
    const text = await readFile(file, 'utf8').catch(() => '')
    for (const line of text.split('\n')) {
      const [kind, partition, offset, number, at] = line.split(' ')
      // A kill may have cut the last one.
      if (at === undefined) continue
      const key = `${partition}/${offset}`
      const known = records.get(key) ?? { deliveries: [] }
      records.set(key, known)
      if (kind === 'D') known.deliveries.push({ count: Number(number), at: Number(at) })
      else if (Number(number) === ACCEPTED) known.acceptedAt = Math.min(known.acceptedAt ?? Infinity, Number(at))
    }
  }
  for (const { deliveries } of records.values()) deliveries.sort((a, b) => a.at - b.at)
  return records
}

/** While the broker was being killed and started, microseconds: what it had handed out and not heard of it forgets, uncounted. */
export interface Outage {
  readonly from: number
  readonly until: number
}

export const problemsOf = (records: ReadonlyMap<string, Heard>, outages: readonly Outage[]): string[] =>
  [...records].flatMap(([key, { deliveries, acceptedAt = Infinity }]) => {
    const late = deliveries
      .filter(({ at }) => at > acceptedAt)
      .map(() => `${key} was delivered after its acknowledgement`)
    const counts = deliveries.slice(1).flatMap(({ count, at }, i) => {
      const before = deliveries[i]!
      const isForgotten = outages.some(({ from, until }) => before.at <= until && from <= at)
      const isRight = count > before.count || (isForgotten && count === before.count)
      return isRight ? [] : [`${key} was delivered with count ${count} after ${before.count}`]
    })
    const first = deliveries[0]
    const unaccounted = acceptedAt < Infinity && first === undefined ? [`${key} was accepted and never delivered`] : []
    return [...late, ...counts, ...unaccounted]
  })

/** Deliveries that count and that no worker has heard of: it was killed before it could, and took them with it. */
export const unheardOf = (records: ReadonlyMap<string, Heard>): number =>
  [...records.values()].reduce(
    (sum, { deliveries }) => sum + Math.max(0, (deliveries.at(-1)?.count ?? 0) - deliveries.length),
    0,
  )
