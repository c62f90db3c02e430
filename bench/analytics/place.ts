import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { streamTopics } from '#libs/contracts'
import { ensureTopics, kafkaClient } from '#libs/messaging'
import { startBroker } from '../../libs/testing/broker-process.ts'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { createDatabases, startPostgres } from '../../scripts/postgres/server.ts'

const DATABASE = 'waybill_analytics'

export interface Place {
  readonly brokers: string
  /** Of the service's database, which is up to date. */
  readonly databaseUrl: string
  /** That is removed at the end. */
  readonly folder: string
}

/** A broker and a PostgreSQL for the analytics service, and nobody else, while `use` goes on. */
export const withPlace = async (use: (place: Place) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-analytics-'))
  const [postgresPort] = (await freePorts(1)) as [number]
  const broker = await startBroker()
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), port: postgresPort })
  try {
    await createDatabases(postgres.url, [DATABASE])
    const url = databaseUrl(postgresPort, DATABASE)
    await applyMigrations(url, 'analytics')
    await createTopics(broker.brokers)
    await use({ brokers: broker.brokers, databaseUrl: url, folder })
  } finally {
    await postgres.stop()
    await broker.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** As the service would; who publishes first finds them. */
const createTopics = async (brokers: string): Promise<void> => {
  const admin = kafkaClient({ brokers: [brokers], clientId: 'bench' }, 'briefly').admin()
  await admin.connect()
  try {
    await ensureTopics(admin, 1, streamTopics)
  } finally {
    await admin.disconnect()
  }
}
