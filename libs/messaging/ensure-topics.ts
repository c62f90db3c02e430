import type { Admin, ITopicConfig } from 'kafkajs'
import { topics as allTopics } from '#libs/contracts'

interface TopicSettings {
  readonly partitions: number
  readonly retentionMs: number
}

const MAX_REPLICAS = 3
/** With three replicas one may be away: what was acknowledged is on two disks at least. */
const MIN_IN_SYNC = 2

/**
 * Creates the topics that are missing and adds partitions where there are too few; what exists is not changed
 * otherwise. Safe to run in several processes at once. `clusterSize` is how many brokers there are meant to be:
 * topics are not created with fewer replicas only because some broker is still starting.
 */
export const ensureTopics = async (
  admin: Admin,
  clusterSize: number,
  topics: Readonly<Record<string, TopicSettings>> = allTopics,
): Promise<void> => {
  const existing = new Set(await admin.listTopics())
  const missing = Object.keys(topics).filter((topic) => !existing.has(topic))
  if (missing.length > 0) {
    const { brokers } = await admin.describeCluster()
    const replicas = Math.min(MAX_REPLICAS, Math.max(clusterSize, brokers.length))
    await admin.createTopics({ topics: missing.map((topic) => definition(topic, topics[topic]!, replicas)) })
  }
  await addPartitions(admin, topics, existing)
}

const definition = (topic: string, { partitions, retentionMs }: TopicSettings, replicas: number): ITopicConfig => ({
  topic,
  numPartitions: partitions,
  replicationFactor: replicas,
  configEntries: [
    { name: 'retention.ms', value: String(retentionMs) },
    ...(replicas >= MAX_REPLICAS ? [{ name: 'min.insync.replicas', value: String(MIN_IN_SYNC) }] : []),
  ],
})

const addPartitions = async (
  admin: Admin,
  topics: Readonly<Record<string, TopicSettings>>,
  existing: ReadonlySet<string>,
): Promise<void> => {
  const known = Object.keys(topics).filter((topic) => existing.has(topic))
  if (known.length === 0) return
  const metadata = await admin.fetchTopicMetadata({ topics: known })
  const tooFew = metadata.topics.filter(({ name, partitions }) => partitions.length < topics[name]!.partitions)
  if (tooFew.length === 0) return
  await admin.createPartitions({
    topicPartitions: tooFew.map(({ name }) => ({ topic: name, count: topics[name]!.partitions })),
  })
}
