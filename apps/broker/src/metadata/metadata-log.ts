import { RecordLog } from '../journal/record-log.ts'
import type { LogManager } from '../log/log-manager.ts'
import { MetadataImage } from './metadata-image.ts'
import { type MetadataRecord, newClusterId } from './metadata-records.ts'

/** The journal `metadata` and what it comes to. */
export class MetadataLog {
  readonly image = new MetadataImage()
  /** Names of topics whose deletion the journal still tells of. */
  readonly deleted = new Set<string>()
  private records!: RecordLog<MetadataRecord>

  private constructor() {}

  static async open(logs: LogManager): Promise<MetadataLog> {
    const log = new MetadataLog()
    const replay = (record: MetadataRecord): void => {
      const topic = record.type === 'TopicDeleted' ? log.image.topic(record.topicId) : undefined
      if (topic !== undefined) log.deleted.add(topic.name)
      log.image.apply(record)
    }
    log.records = await RecordLog.open<MetadataRecord>(logs, 'metadata', replay, () => log.image.records())
    if (log.image.clusterId === undefined) await log.append([{ type: 'ClusterCreated', clusterId: newClusterId() }])
    return log
  }

  get clusterId(): string {
    return this.image.clusterId!
  }

  /**
   * The image has the records at once; they are on the device, all or none, when it resolves. When it rejects, with
   * StorageError, `undo` has been applied: without it, what was refused would be part of the next snapshot.
   */
  async append(records: readonly MetadataRecord[], undo: readonly MetadataRecord[] = []): Promise<void> {
    try {
      await this.add(records)
    } catch (error) {
      // If this reaches the disk no more than they did, neither of them is on it.
      await this.add(undo).catch(() => {})
      throw error
    }
  }

  private add(records: readonly MetadataRecord[]): Promise<void> {
    for (const record of records) this.image.apply(record)
    return this.records.append(records)
  }
}
