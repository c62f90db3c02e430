/** What clients are held to, by the names that Kafka has for it. */
export const QUOTA_KEYS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage'] as const
export type QuotaKey = (typeof QUOTA_KEYS)[number]

/** Limits: bytes per second, or percent of the time of the one thread that serves requests. */
export type QuotaLimits = Readonly<Partial<Record<QuotaKey, number>>>

/** Whom a quota is for: null is whoever has none by name, undefined is no matter who. One of the two is given. */
export interface QuotaEntity {
  readonly user?: string | null
  readonly clientId?: string | null
}

export interface ClientQuota {
  readonly entity: QuotaEntity
  readonly limits: QuotaLimits
}
