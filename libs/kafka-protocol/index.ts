export { Api, type ApiDeclaration, defineApi, type RequestOf, type ResponseOf, type VersionRange } from './api.ts'
export { produce } from './apis/00-produce.ts'
export { fetch } from './apis/01-fetch.ts'
export { listOffsets } from './apis/02-list-offsets.ts'
export { metadata } from './apis/03-metadata.ts'
export { offsetCommit } from './apis/08-offset-commit.ts'
export { offsetFetch } from './apis/09-offset-fetch.ts'
export { findCoordinator } from './apis/10-find-coordinator.ts'
export { joinGroup } from './apis/11-join-group.ts'
export { heartbeat } from './apis/12-heartbeat.ts'
export { leaveGroup } from './apis/13-leave-group.ts'
export { syncGroup } from './apis/14-sync-group.ts'
export { describeGroups } from './apis/15-describe-groups.ts'
export { listGroups } from './apis/16-list-groups.ts'
export { saslHandshake } from './apis/17-sasl-handshake.ts'
export { apiVersions } from './apis/18-api-versions.ts'
export { createTopics } from './apis/19-create-topics.ts'
export { deleteTopics } from './apis/20-delete-topics.ts'
export { deleteRecords } from './apis/21-delete-records.ts'
export { initProducerId } from './apis/22-init-producer-id.ts'
export { offsetForLeaderEpoch } from './apis/23-offset-for-leader-epoch.ts'
export { addPartitionsToTxn } from './apis/24-add-partitions-to-txn.ts'
export { addOffsetsToTxn } from './apis/25-add-offsets-to-txn.ts'
export { endTxn } from './apis/26-end-txn.ts'
export { writeTxnMarkers } from './apis/27-write-txn-markers.ts'
export { txnOffsetCommit } from './apis/28-txn-offset-commit.ts'
export { describeAcls } from './apis/29-describe-acls.ts'
export { createAcls } from './apis/30-create-acls.ts'
export { deleteAcls } from './apis/31-delete-acls.ts'
export { describeConfigs } from './apis/32-describe-configs.ts'
export { alterConfigs } from './apis/33-alter-configs.ts'
export { alterReplicaLogDirs } from './apis/34-alter-replica-log-dirs.ts'
export { describeLogDirs } from './apis/35-describe-log-dirs.ts'
export { saslAuthenticate } from './apis/36-sasl-authenticate.ts'
export { createPartitions } from './apis/37-create-partitions.ts'
export { deleteGroups } from './apis/42-delete-groups.ts'
export { electLeaders } from './apis/43-elect-leaders.ts'
export { incrementalAlterConfigs } from './apis/44-incremental-alter-configs.ts'
export { alterPartitionReassignments } from './apis/45-alter-partition-reassignments.ts'
export { listPartitionReassignments } from './apis/46-list-partition-reassignments.ts'
export { offsetDelete } from './apis/47-offset-delete.ts'
export { describeClientQuotas } from './apis/48-describe-client-quotas.ts'
export { alterClientQuotas } from './apis/49-alter-client-quotas.ts'
export { describeUserScramCredentials } from './apis/50-describe-user-scram-credentials.ts'
export { alterUserScramCredentials } from './apis/51-alter-user-scram-credentials.ts'
export { describeQuorum } from './apis/55-describe-quorum.ts'
export { updateFeatures } from './apis/57-update-features.ts'
export { describeCluster } from './apis/60-describe-cluster.ts'
export { describeProducers } from './apis/61-describe-producers.ts'
export { describeTransactions } from './apis/65-describe-transactions.ts'
export { listTransactions } from './apis/66-list-transactions.ts'
export { consumerGroupHeartbeat } from './apis/68-consumer-group-heartbeat.ts'
export { consumerGroupDescribe } from './apis/69-consumer-group-describe.ts'
export { listConfigResources } from './apis/74-list-config-resources.ts'
export { describeTopicPartitions } from './apis/75-describe-topic-partitions.ts'
export { shareGroupHeartbeat } from './apis/76-share-group-heartbeat.ts'
export { shareGroupDescribe } from './apis/77-share-group-describe.ts'
export { shareFetch } from './apis/78-share-fetch.ts'
export { shareAcknowledge } from './apis/79-share-acknowledge.ts'
export { describeShareGroupOffsets } from './apis/90-describe-share-group-offsets.ts'
export { alterShareGroupOffsets } from './apis/91-alter-share-group-offsets.ts'
export { deleteShareGroupOffsets } from './apis/92-delete-share-group-offsets.ts'
export { BatchReader, type HeaderText, type ReceivedText } from './batch-reader.ts'
export { type RecordHead, visitRecords } from './batch-records.ts'
export { type BatchRecord, readRecords, recordValue, rewriteBatch } from './batch-rewrite.ts'
export { type BatchStamp, BatchWriter, type NewRecord, type TextRecord, type WrittenBatch } from './batch-writer.ts'
export {
  consumerTopics,
  readAssignment,
  readSubscription,
  writeAssignment,
  writeSubscription,
} from './consumer-protocol.ts'
export { type EndMarker, encodeEndMarker, readEndMarker } from './control-batch.ts'
export { crc32c } from './crc32c.ts'
export { ErrorCode, errorName, isRetriable } from './errors.ts'
export { FrameParser, type RequestHeader } from './frame.ts'
export { encodeRequest, encodeResponse, readRequestHeader, readResponseHeader, skipHeaderTags } from './header.ts'
export {
  encodeInternal,
  groupMetadataKey,
  groupMetadataValue,
  type InternalRecord,
  offsetCommitKey,
  offsetCommitValue,
  readInternal,
  transactionLogKey,
  transactionLogValue,
} from './internal-records.ts'
export { plainBatch } from './plain-batch.ts'
export { MalformedError, Reader } from './reader.ts'
export {
  BATCH_OVERHEAD,
  BATCH_PREFIX,
  batchAttributes,
  batchBaseOffset,
  batchBaseSequence,
  batchBaseTimestamp,
  batchCrc,
  batchLastOffset,
  batchLastOffsetDelta,
  batchLeaderEpoch,
  batchMagic,
  batchMaxTimestamp,
  batchProducerEpoch,
  batchProducerId,
  batchRecordsCount,
  batchSize,
  Compression,
  type CompressionName,
  compressionOf,
  hasDeleteHorizon,
  isBatchIntact,
  isControl,
  isTransactional,
  stampBatch,
  stampLogAppendTime,
  usesLogAppendTime,
} from './record-batch.ts'
export { encodeSingleRecord, type SingleRecord } from './single-record-batch.ts'
export type { Decoded, Encodable, Fields } from './struct.ts'
export { ZERO_UUID } from './types.ts'
export { COPY_BELOW_BYTES, Writer } from './writer.ts'
