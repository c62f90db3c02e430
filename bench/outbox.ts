import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { Consequences } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { kafkaPublisher } from '#libs/messaging'
import { Outbox, OutboxRelay, type Publisher } from '#libs/outbox'
import { applyMigrations } from '../scripts/migrations/apply.ts'
import { databaseUrl } from '../scripts/postgres/cluster.ts'
import type { RunningSystem } from '../test/support/system.ts'
import { ms, percentile, report } from './figures.ts'

const DATABASE = 'bench_outbox'

/**
 * From the commit of a transaction with one outbox row to the broker's durable acknowledgement, on a database of its
 * own beside the running system: one at a time, then at a steady rate.
 */
export const outbox = async (system: RunningSystem): Promise<void> => {
  const url = await freshDatabase(system.postgresPort)
  const database = new Database(url)
  const groupCommit = new GroupCommit(database)
  const kafka = kafkaPublisher({ brokers: system.brokers, clientId: 'bench' })
  const committedAt = new Map<string, number>()
  const times: number[] = []
  const publisher: Publisher = {
    publish: async (records) => {
      await kafka.publish(records)
      const now = performance.now()
      for (const { record } of records) times.push(now - (committedAt.get(record.headers.ce_id!) ?? now))
    },
  }
  const relay = new OutboxRelay({ databaseUrl: url, database, publisher })
  relay.start()

  const add = async (n: number): Promise<void> => {
    const consequences = new Consequences(
      { id: `bench-${n}-${Date.now()}`, correlationId: 'bench' },
      '/waybill/bench',
      new Date(),
    )
    const message = consequences.message('stock.received', {
      subject: 'MUG-WHITE-330',
      key: `bench-${n % 100}`,
      data: { receiptId: `bench-${n}`, sku: 'MUG-WHITE-330', quantity: 1 },
    })
    await groupCommit.submit({
      run: async (uow) => {
        uow.part(Outbox).add(message)
        uow.afterCommit(() => committedAt.set(message.id, performance.now()))
      },
    })
  }
  const publish = async (count: number, gapMs: number): Promise<void> => {
    times.length = 0
    const adding: Promise<void>[] = []
    const startedAt = performance.now()
    for (let i = 0; i < count; i++) {
      adding.push(add(i))
      const wait = startedAt + (i + 1) * gapMs - performance.now()
      if (wait > 1) await pause(wait)
    }
    await Promise.all(adding)
    while (times.length < count) await pause(5)
  }
  const measure = async (what: string, count: number, gapMs: number, bar: readonly [number, number]): Promise<void> => {
    await publish(count, gapMs)
    const [p50, p99] = [percentile(times, 50), percentile(times, 99)]
    const met = p50 <= bar[0] && p99 <= bar[1]
    report(
      `outbox commit to acknowledgement, ${what}, p50 / p99`,
      `${ms(p50)} / ${ms(p99)} ms`,
      `≤ ${bar[0]} / ${bar[1]} ms`,
      met,
    )
  }
  await publish(200, 5) // warm-up
  await measure('at rest', 500, 20, [8, 20])
  await measure('600 events/s', 6_000, 1_000 / 600, [10, 50])
  await relay.stop()
  await kafka.close()
  await database.close()
}

const freshDatabase = async (port: number): Promise<string> => {
  const client = new pg.Client({ connectionString: databaseUrl(port, 'postgres') })
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${DATABASE}`)
  await client.end()
  const url = databaseUrl(port, DATABASE)
  await applyMigrations(url, 'notification')
  return url
}
