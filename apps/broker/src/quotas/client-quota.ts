/** What clients are held to, by the names that Kafka has for it. */
export const QUOTA_KEYS = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage'] as const
export type QuotaKey = (typeof QUOTA_KEYS)[number]

/** What addresses are held to: new connections per second. */
export const CONNECTION_RATE = 'connection_creation_rate'

/** Limits: bytes per second, percent of the time of the one thread that serves requests, connections per second. */
export type QuotaLimits = Readonly<Partial<Record<QuotaKey | typeof CONNECTION_RATE, number>>>

/**
 * Whom a quota is for: null is whoever has none by name, undefined is no matter who. It is a user, a client id or both of
 * them, or an address.
 */
export interface QuotaEntity {
  readonly user?: string | null
  readonly clientId?: string | null
  readonly ip?: string | null
}

export interface ClientQuota {
  readonly entity: QuotaEntity
  readonly limits: QuotaLimits
}
