/** The settings of one topic that its logs obey; named as in Kafka, -1 meaning unlimited. */
export interface LogConfig {
  readonly segmentBytes: number
  readonly segmentMs: number
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly indexIntervalBytes: number
  /** 1: nobody sees a record, and nobody is told of it, before it is on the device. More is as good as never. */
  readonly flushMessages: number
  /** How long the partition remembers a producer that writes nothing. */
  readonly producerIdExpirationMs: number
  /** What batches in another compression are rewritten to; undefined: they are stored as they came. */
  readonly compression: number | undefined
  readonly compressionLevel: number | undefined
  readonly deleteRetentionMs: number
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly maxCompactionLagMs: number
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean }
}

/** Apache Kafka's own defaults. */
export const defaultLogConfig: LogConfig = Object.freeze({
  segmentBytes: 1024 ** 3,
  segmentMs: 7 * 24 * 3_600_000,
  retentionMs: 7 * 24 * 3_600_000,
  retentionBytes: -1,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: 3_600_000,
  indexIntervalBytes: 4096,
  flushMessages: Number.MAX_SAFE_INTEGER,
  producerIdExpirationMs: 24 * 3_600_000,
  compression: undefined,
  compressionLevel: undefined,
  deleteRetentionMs: 24 * 3_600_000,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  cleanupPolicy: Object.freeze({ delete: true, compact: false }),
})
