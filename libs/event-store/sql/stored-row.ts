import type { StoredEvent } from '../event.ts'
import { metadataOf, type StoredMetadata } from './stored-metadata.ts'

export const COLUMNS = 'stream_id, version, type, data, data_version, metadata, recorded_at'

export interface StoredRow {
  readonly stream_id: string
  readonly version: number
  readonly type: string
  readonly data: unknown
  readonly data_version: number
  readonly metadata: StoredMetadata
  readonly recorded_at: Date
}

export const storedEvent = (row: StoredRow): StoredEvent => ({
  streamId: row.stream_id,
  version: row.version,
  type: row.type,
  data: row.data,
  dataVersion: row.data_version,
  metadata: metadataOf(row.stream_id, row.metadata),
  at: row.recorded_at,
})
