import type { Retention } from '#libs/database'

/** A key expires at a moment of its own, see `ttlMs` of `IdempotentCommands`. */
export const idempotencyRetention: Retention = { table: 'idempotency_keys', column: 'expires_at', keptMs: 0 }
