import type { Admin, ITopicConfig } from 'kafkajs'
import { topics as allTopics, type TopicSettings } from '#libs/contracts'
import { createLogger, describeError, fields } from '#libs/observability'

export type TopicDeclarations = Readonly<Record<string, TopicSettings>>

const MAX_REPLICAS = 3
/** With three replicas one may be away: what was acknowledged is on two disks at least. */
const MIN_IN_SYNC = 2

const log = createLogger('topics')

/** Some topics could not be made what they are declared to be; the others are. */
export class TopicsNotEnsured extends Error {
  override readonly name = 'TopicsNotEnsured'

  /** `failures`: topic → why. */
  constructor(readonly failures: ReadonlyMap<string, string>) {
    super([...failures].map(([topic, why]) => `${topic}: ${why}`).join('; '))
  }
}

/**
 * Creates the topics that are missing and adds partitions where there are too few; what exists is not changed
 * otherwise. Safe to run in several processes at once. `clusterSize` is how many brokers there are meant to be:
 * topics are not created with fewer replicas only because some broker is still starting.
 * @throws TopicsNotEnsured after everything else was done.
 */
export const ensureTopics = async (
  admin: Admin,
  clusterSize: number,
  topics: TopicDeclarations = allTopics,
): Promise<void> => {
  // One request about all: naming a topic that is gone would fail it for all.
  const { topics: existing } = await admin.fetchTopicMetadata()
  const partitions = new Map(existing.map(({ name, partitions }) => [name, partitions.length]))
  const failures = new Map<string, string>()
  for (const [topic, settings] of Object.entries(topics)) {
    try {
      const found = partitions.get(topic)
      if (found === undefined) await create(admin, topic, settings, clusterSize)
      else if (found < settings.partitions) await grow(admin, topic, found, settings.partitions)
    } catch (error) {
      failures.set(topic, describeError(error))
    }
  }
  if (failures.size > 0) throw new TopicsNotEnsured(failures)
}

const create = async (admin: Admin, topic: string, settings: TopicSettings, clusterSize: number): Promise<void> => {
  const { brokers } = await admin.describeCluster()
  const replicas = Math.min(MAX_REPLICAS, Math.max(clusterSize, brokers.length))
  // False when another process was faster.
  if (await admin.createTopics({ topics: [definition(topic, settings, replicas)] }))
    log.info('topic created', { [fields.topic]: topic, partitions: settings.partitions })
}

const definition = (
  topic: string,
  { partitions, retentionMs, segmentMs, compacted, compactedWithinMs }: TopicSettings,
  replicas: number,
): ITopicConfig => ({
  topic,
  numPartitions: partitions,
  replicationFactor: replicas,
  configEntries: [
    { name: 'retention.ms', value: String(retentionMs) },
    ...(compacted ? [{ name: 'cleanup.policy', value: 'compact,delete' }] : []),
    ...(compactedWithinMs === undefined ? [] : [{ name: 'max.compaction.lag.ms', value: String(compactedWithinMs) }]),
    ...(segmentMs === undefined ? [] : [{ name: 'segment.ms', value: String(segmentMs) }]),
    ...(replicas >= MAX_REPLICAS ? [{ name: 'min.insync.replicas', value: String(MIN_IN_SYNC) }] : []),
  ],
})

const grow = async (admin: Admin, topic: string, found: number, count: number): Promise<void> => {
  try {
    await admin.createPartitions({ topicPartitions: [{ topic, count }] })
    log.warn('topic had fewer partitions than it is declared with and has grown', {
      [fields.topic]: topic,
      partitions: count,
      before: found,
    })
  } catch (error) {
    const { topics } = await admin.fetchTopicMetadata()
    const now = topics.find(({ name }) => name === topic)?.partitions.length ?? 0
    // Another process was faster.
    if (now < count) throw error
  }
}
