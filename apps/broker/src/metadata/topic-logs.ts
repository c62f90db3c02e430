import type { LiveSettings } from '../config/live-settings.ts'
import { logConfigOf } from '../config/topic-config.ts'
import type { LogManager } from '../log/log-manager.ts'
import { allOf } from '../log/outcomes.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { TopicRecord } from './metadata-records.ts'
import type { Refusal } from './refusal.ts'
import type { Removals } from './removals.ts'
import { storageRefusal } from './storage-refusal.ts'
import type { Topic, Topics } from './topics.ts'

/** The partitions behind topics: how they come to be, and how they are cleared away. */
export class TopicLogs {
  constructor(
    private readonly logs: LogManager,
    private readonly settings: LiveSettings,
    private readonly removals: Removals,
  ) {}

  /** All partitions of all these topics, by the topic's name; of one that could not have all of them none is left. */
  async open(records: readonly TopicRecord[]): Promise<Map<string, Topic | Refusal>> {
    const outcomes = await this.logs.openPartitions(
      records.flatMap(({ name, partitions, configs }) =>
        wantedOf(name, 0, partitions, logConfigOf(configs, this.settings.values)),
      ),
    )
    const opened = new Map<string, Topic | Refusal>()
    let from = 0
    for (const record of records) {
      const own = outcomes.slice(from, from + record.partitions)
      from += record.partitions
      try {
        opened.set(record.name, { ...record, logs: allOf(own) })
      } catch (error) {
        this.takeBack(record.name, 0, record.partitions)
        opened.set(record.name, storageRefusal(error))
      }
    }
    return opened
  }

  /** The topic's next partitions, up to below `to`. Rejects, with those it could open still there. */
  async openMore({ name, partitions, logs }: Topic, to: number): Promise<PartitionLog[]> {
    return allOf(await this.logs.openPartitions(wantedOf(name, partitions, to, logs[0]!.config)))
  }

  /** After a disk that refused: nobody was told of these partitions, and they can be asked for again. */
  takeBack(name: string, from: number, to: number): void {
    this.removals.add(name, () => this.logs.deletePartitions(name, from, to))
  }

  /** The topic is gone. Its name is free when all listeners have heard of it and its files have another name. */
  clear(topic: Topic, topics: Topics): void {
    const event = { type: 'TopicDeleted', topic } as const
    let notified: Promise<void> | undefined = topics.notify(event)
    notified.catch(() => {})
    this.removals.add(topic.name, async () => {
      const first = notified
      notified = undefined
      await (first ?? topics.notify(event))
      await this.logs.deletePartitions(topic.name, 0, topic.partitions)
    })
  }
}

const wantedOf = (topic: string, from: number, to: number, config: PartitionLog['config']) =>
  Array.from({ length: to - from }, (_, i) => ({ topic, partition: from + i, config }))
