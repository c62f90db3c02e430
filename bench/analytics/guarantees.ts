import { streamTopics } from '#libs/contracts'
import { ensureTopics, kafkaClient, topicOffsets } from '#libs/messaging'
import { StreamProcessor } from '#libs/stream-tasks'
import { shopTopology } from '../../apps/analytics/src/shop-topology.ts'
import { until } from '../../test/support/until.ts'

export interface Run {
  readonly perSecond: number
  /** Processor time per million events, seconds. */
  readonly processor: number
}

/** The topology alone, over everything in the topic, from its beginning to its end: in this process. */
export const runTopology = async (
  brokers: string,
  guarantee: 'exactly_once' | 'at_least_once',
  round: number,
): Promise<Run> => {
  const kafka = { brokers: [brokers], clientId: 'bench' }
  const name = `bench-${guarantee}-${round}`
  const admin = kafkaClient(kafka, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1, { [name]: streamTopics['analytics-changelog'] })
  await admin.disconnect()
  const partitions = (await topicOffsets(kafka, ['shop-events'])).get('shop-events')!
  const events = partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
  let processed = 0
  const processor = new StreamProcessor({
    ...{ ...kafka, topology: { ...shopTopology, name, changelog: name }, instanceId: 'bench', guarantee },
    ...{ maxEntries: 100_000_000, compression: 'snappy' },
    onCommit: ({ records }) => {
      processed += records
    },
  })
  const [used, begun] = [process.cpuUsage(), performance.now()]
  processor.start()
  await until('all events to be committed', async () => processed >= events || undefined)
  const seconds = (performance.now() - begun) / 1_000
  const { user, system } = process.cpuUsage(used)
  await processor.stop()
  return { perSecond: events / seconds, processor: (user + system) / events }
}
