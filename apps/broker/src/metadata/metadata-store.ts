import { RecordLog } from '../journal/record-log.ts'
import type { LogManager } from '../log/log-manager.ts'
import {
  emptyMetadata,
  evolveMetadata,
  type MetadataImage,
  type MetadataRecord,
  newClusterId,
  snapshotOfMetadata,
} from './metadata-log.ts'
import { MetadataQueue } from './metadata-queue.ts'

/** What the broker knows besides its logs and groups: the journal `metadata` and what it adds up to. */
export class MetadataStore {
  image: MetadataImage = emptyMetadata
  /** Whoever changes metadata does so from here. */
  readonly queue = new MetadataQueue()
  /** Names of topics whose deletion the journal still tells of. */
  readonly deleted = new Set<string>()
  private records!: RecordLog<MetadataRecord>

  static async open(logs: LogManager): Promise<MetadataStore> {
    const store = new MetadataStore()
    store.records = await RecordLog.open<MetadataRecord>(
      logs,
      'metadata',
      (record) => store.replay(record),
      () => snapshotOfMetadata(store.image),
    )
    if (store.image.clusterId === undefined) await store.record({ type: 'ClusterCreated', clusterId: newClusterId() })
    return store
  }

  get clusterId(): string {
    return this.image.clusterId!
  }

  /** Decided on at once, durable when it resolves; rejects with StorageError. */
  record(record: MetadataRecord): Promise<void> {
    this.image = evolveMetadata(this.image, record)
    return this.records.append([record])
  }

  private replay(record: MetadataRecord): void {
    if (record.type === 'TopicDeleted') {
      const name = this.image.topics.get(record.topicId)?.name
      if (name !== undefined) this.deleted.add(name)
    }
    this.image = evolveMetadata(this.image, record)
  }
}
