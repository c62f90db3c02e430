import type { LiveSettings } from '../config/live-settings.ts'
import { logConfigOf } from '../config/topic-config.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { MetadataLog } from './metadata-log.ts'
import { Topics } from './topics.ts'

/** At the start: opens the partitions of all topics, and removes or sets aside those of none. Rejects when one cannot be. */
export async function loadTopics({ image, deleted }: MetadataLog, logs: LogManager, settings: LiveSettings) {
  const topics = new Topics()
  const wanted = Array.from(image.topics()).flatMap(({ name: topic, partitions, configs }) => {
    const config = logConfigOf(configs, settings.values)
    return Array.from({ length: partitions }, (_, partition) => ({ topic, partition, config }))
  })
  for (const outcome of await logs.openPartitions(wanted)) if (outcome.status === 'rejected') throw outcome.reason
  for (const record of image.topics()) {
    const { name, partitions } = record
    topics.put({ ...record, logs: Array.from({ length: partitions }, (_, i) => logs.partition(name, i)!) })
  }
  for (const { topic, partition } of logs.strays()) {
    // Records of a topic that was neither deleted nor created: its record was lost to a damage of the journal.
    const isLeftover = deleted.has(topic) || logs.isEmpty(topic, partition)
    await (isLeftover ? logs.deletePartition(topic, partition) : logs.setAside(topic, partition))
  }
  return topics
}
