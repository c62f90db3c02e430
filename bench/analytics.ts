import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { kafkaPublisher, TopicReader } from '#libs/messaging'
import { startBroker } from '../libs/testing/broker-process.ts'
import { applyMigrations } from '../scripts/migrations/apply.ts'
import { databaseUrl } from '../scripts/postgres/cluster.ts'
import { freePorts } from '../scripts/postgres/free-port.ts'
import { createDatabases, startPostgres } from '../scripts/postgres/server.ts'
import { AnalyticsProcess } from '../test/analytics/analytics-process.ts'
import { traffic } from '../test/analytics/traffic.ts'
import { until } from '../test/support/until.ts'
import { ms, percentile, report } from './figures.ts'
import { processorTimeOf } from './processor.ts'

const DATABASE = 'waybill_analytics'
const AT_ONCE = 2_000
const TICK_MS = 10

/**
 * The analytics service with a broker and a PostgreSQL and nobody else: how many events a second it takes from the topic to
 * committed results when they lie there, and how long one takes from when it happened to whoever looks, at a rate.
 */
export const analytics = async (events: number, rate: number, seconds: number): Promise<void> => {
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
    const published = await publish(broker.brokers, traffic(1, Date.now() - events * 35), events)
    console.log(`  ${events} events published, ${Math.round(published)} a second`)
    service = await AnalyticsProcess.start(where, 'bench')
    await service.isReady()
    await backlog(broker.brokers, service, url, events)
    await latency(broker.brokers, service, rate, seconds)
  } finally {
    await service.stop()
    await postgres.stop()
    await broker.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const publish = async (
  brokers: string,
  events: Iterator<{ key: string; value: string }>,
  count: number,
): Promise<number> => {
  const publisher = kafkaPublisher({ brokers: [brokers], clientId: 'bench', compression: 'snappy' })
  const begun = performance.now()
  for (let sent = 0; sent < count; sent += AT_ONCE)
    await publisher.publish(
      Array.from({ length: AT_ONCE }, () => ({
        topic: 'shop-events',
        record: { ...events.next().value, headers: {} },
      })),
    )
  await publisher.close()
  return (count / (performance.now() - begun)) * 1_000
}

/** From the first result to the last one that is stored. */
const backlog = async (brokers: string, service: AnalyticsProcess, url: string, events: number): Promise<void> => {
  const database = new pg.Client({ connectionString: url })
  await database.connect()
  const used = await processorTimeOf(service.pid)
  const begun = performance.now()
  const counted = async (): Promise<number> => {
    const { rows } = await database.query(
      `SELECT coalesce(sum(views + searches + baskets + checkouts + late + early + duplicates + unreadable), 0) AS sum
         FROM window_counts WHERE step = 3600000 AND dimension = 'all'`,
    )
    return Number(rows[0].sum)
  }
  // Taking something out of the basket counts as nothing: about 2 % of them.
  await until('all events to be counted', async () => (await counted()) > events * 0.97 || undefined)
  const took = (performance.now() - begun) / 1_000
  await database.end()
  const speed = Math.round(events / took)
  report('events counted, from topic to table', `${speed} /s`, '≥ 100000 /s', speed >= 100_000)
  const perMillion = ((await processorTimeOf(service.pid)) - used) / events / 1e-3
  console.log(
    `  ${perMillion.toFixed(1)} s of processor time per million events, ${await residentMiB(service.pid)} MiB resident`,
  )
  await sizeOfState(brokers)
}

const residentMiB = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1_024)
}

const sizeOfState = async (brokers: string): Promise<void> => {
  const reader = new TopicReader({ brokers: [brokers], clientId: 'bench', readCommitted: true })
  const ends = [...(await reader.offsets(['analytics-changelog'])).values()].flat()
  console.log(`  ${ends.reduce((sum, { latest }) => sum + latest, 0)} records in the changelog`)
  reader.close()
}

/** From an event to the frame that tells of its second, as a page hears of it. */
const latency = async (brokers: string, service: AnalyticsProcess, rate: number, seconds: number): Promise<void> => {
  const delays: number[] = []
  const ending = new AbortController()
  const listening = listen(service.url, ending.signal, delays)
  const publisher = kafkaPublisher({ brokers: [brokers], clientId: 'bench', compression: 'snappy' })
  const events = traffic(2, 0)
  const endsAt = performance.now() + seconds * 1_000
  for (let due = 0, begun = performance.now(); performance.now() < endsAt; await pause(TICK_MS)) {
    const wanted = ((performance.now() - begun) / 1_000) * rate
    const now = Date.now()
    const batch = Array.from({ length: Math.floor(wanted - due) }, () => {
      const { key, value } = events.next().value!
      return {
        topic: 'shop-events' as const,
        record: { key, value: value.replace(/"time":-?\d+/, `"time":${now}`), headers: {} },
      }
    })
    due += batch.length
    if (batch.length > 0) await publisher.publish(batch)
  }
  await publisher.close()
  ending.abort()
  await listening
  const [p50, p95, p99] = [50, 95, 99].map((p) => percentile(delays, p)) as [number, number, number]
  const figure = `${ms(p50)} / ${ms(p95)} / ${ms(p99)} ms`
  report(`event to page at ${rate} /s, p50 / p95 / p99`, figure, 'p95 ≤ 100 ms', p95 <= 100)
}

const listen = async (url: string, signal: AbortSignal, delays: number[]): Promise<void> => {
  let text = ''
  try {
    const { body } = await fetch(`${url}/analytics/live`, { signal })
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const frames = text.split('\n\n')
      text = frames.pop()!
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1]
        const newest = Math.max(
          0,
          ...(data === undefined ? [] : JSON.parse(data).seconds).map((each: { newest: number }) => each.newest),
        )
        // The first frame tells what was there before.
        if (newest > Date.now() - 10_000) delays.push(Date.now() - newest)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
