import { AnalyticsProcess } from '../../test/analytics/analytics-process.ts'
import { report } from '../figures.ts'
import { type Run, runTopology } from './guarantees.ts'
import { compileKafkaStreams, runKafkaStreams } from './kafka-streams.ts'
import { latency } from './latency.ts'
import { withPlace } from './place.ts'
import { publish } from './publish.ts'
import { catchUp } from './service.ts'

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
export const analytics = ({ events, rate, seconds }: AnalyticsBench): Promise<void> =>
  withPlace(async ({ brokers, databaseUrl, folder }) => {
    const where = { brokers, databaseUrl }
    let service = await AnalyticsProcess.start(where, 'bench')
    try {
      await service.isReady()
      // What lies there is written while nobody reads.
      await service.stop()
      const published = await publish(brokers, events)
      console.log(`  ${published.events} events published, ${Math.round(published.perSecond)} a second`)
      service = await AnalyticsProcess.start(where, 'bench')
      await service.isReady()
      const most = await catchUp(service, databaseUrl, published)
      await latency(brokers, service, rate, seconds)
      await latency(brokers, service, Math.round(most / 2), seconds)
      // Its sink reads what the topology says, whoever runs it.
      await service.stop()
      await compare(brokers, folder)
    } finally {
      await service.stop()
    }
  })

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
