import type { Sql } from '#libs/database'

/** The records of a partition from one offset on up to, not including, another. */
export interface ParkedStretch {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** What was parked there, with what a person made of it. */
export interface ParkedThere {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly digest: string
  readonly status: string
  readonly resolution: string | null
  readonly key: Uint8Array | null
  readonly headers: string
  readonly value: Uint8Array | null
}

export const parkedIn = (sql: Sql, consumer: string, stretches: readonly ParkedStretch[]): Promise<ParkedThere[]> =>
  sql.query(
    `SELECT p.topic, p.partition, p."offset", p.digest, p.status, p.resolution, p.key, p.headers, p.value
       FROM unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS stretch (topic, partition, since, until)
       JOIN parked_messages p ON p.consumer = $1 AND p.topic = stretch.topic AND p.partition = stretch.partition
                             AND p."offset" >= stretch.since AND p."offset" < stretch.until`,
    consumer,
    stretches.map(({ topic }) => topic),
    stretches.map(({ partition }) => partition),
    stretches.map(({ from }) => from),
    stretches.map(({ to }) => to),
  )
