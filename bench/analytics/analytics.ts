import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '../../libs/testing/broker-process.ts'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { createDatabases, startPostgres } from '../../scripts/postgres/server.ts'
import { AnalyticsProcess } from '../../test/analytics/analytics-process.ts'
import { report } from '../figures.ts'
import { type Run, runTopology } from './guarantees.ts'
import { compileKafkaStreams, runKafkaStreams } from './kafka-streams.ts'
import { latency } from './latency.ts'
import { publish } from './publish.ts'
import { catchUp } from './service.ts'

const DATABASE = 'waybill_analytics'
const ROUNDS = 2

export interface AnalyticsBench {
  readonly events: number
  /** Events a second, for the latency. */
  readonly rate: number
  readonly seconds: number
}

/**
 * The analytics service with a broker and a PostgreSQL and nobody else: how many events a second it takes from the topic to
 * committed results when they lie there, and how long one takes from when it happened to whoever looks, at a rate. Then
 * the topology alone, exactly once, at least once and in Kafka Streams, over the same events on the same broker.
 */
export const analytics = async ({ events, rate, seconds }: AnalyticsBench): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-analytics-'))
  const [postgresPort] = (await freePorts(1)) as [number]
  const broker = await startBroker()
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), port: postgresPort })
  await createDatabases(postgres.url, [DATABASE])
  const url = databaseUrl(postgresPort, DATABASE)
  await applyMigrations(url, 'analytics')
  const where = { brokers: broker.brokers, databaseUrl: url }
  let service = await AnalyticsProcess.start(where, 'bench')
  try {
    await service.isReady()
    // What lies there is written while nobody reads.
    await service.stop()
    const published = await publish(broker.brokers, events)
    console.log(`  ${published.events} events published, ${Math.round(published.perSecond)} a second`)
    service = await AnalyticsProcess.start(where, 'bench')
    await service.isReady()
    const most = await catchUp(service, url, published)
    await latency(broker.brokers, service, rate, seconds)
    await latency(broker.brokers, service, Math.round(most / 2), seconds)
    // Its sink reads what the topology says, whoever runs it.
    await service.stop()
    await compare(broker.brokers, folder)
  } finally {
    await service.stop()
    await postgres.stop()
    await broker.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** In turns, so that whatever else the machine does meets all of them. */
const compare = async (brokers: string, folder: string): Promise<void> => {
  const classpath = await compileKafkaStreams(folder)
  const runs = { once: [] as Run[], least: [] as Run[] }
  for (let round = 0; round < ROUNDS; round++) {
    runs.once.push(await runTopology(brokers, 'exactly_once', round))
    runs.least.push(await runTopology(brokers, 'at_least_once', round))
  }
  const [once, least] = [best(runs.once), best(runs.least)]
  tell('the topology, exactly once', once)
  tell('the topology, at least once', least)
  console.log(`  exactly once costs ${(100 * (once.processor / least.processor - 1)).toFixed(0)} % of processor time`)
  if (classpath === undefined) return
  const theirs = await runKafkaStreams(brokers, classpath, folder, 'exactly_once_v2')
  tell('Kafka Streams 4.4.0, exactly once', theirs)
  const ratio = once.perSecond / theirs.perSecond
  report('ours to Kafka Streams, events a second', `${ratio.toFixed(2)} ×`, '≥ 1 ×', ratio >= 1)
}

const best = (runs: readonly Run[]): Run => runs.reduce((one, other) => (other.processor < one.processor ? other : one))

const tell = (what: string, { perSecond, processor }: Run): void => {
  console.log(
    `  ${what.padEnd(34)} ${Math.round(perSecond)} events/s, ${processor.toFixed(1)} s of processor time per million`,
  )
}
