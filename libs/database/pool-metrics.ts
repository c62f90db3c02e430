import type pg from 'pg'
import { gauge, histogram, metrics } from '#libs/observability'

const waited = histogram(metrics.database.poolWait)

/** Tells how the pool is used, whenever somebody looks. A process has one. */
export const observePool = (pool: pg.Pool): void => {
  gauge(metrics.database.connections, (connections) => {
    connections.set({ state: 'busy' }, pool.totalCount - pool.idleCount)
    connections.set({ state: 'idle' }, pool.idleCount)
    connections.set({ state: 'waiting' }, pool.waitingCount)
  })
}

/** A connection of the pool; how long that took is measured. */
export const connected = async (pool: pg.Pool): Promise<pg.PoolClient> => {
  const startedAt = performance.now()
  const client = await pool.connect()
  waited.observe({}, (performance.now() - startedAt) / 1_000)
  return client
}
