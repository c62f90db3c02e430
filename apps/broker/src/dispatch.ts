import type { Api, Fields } from '#libs/kafka-protocol'
import { ApiKey } from './api-key.ts'
import { handleProduce } from './apis/00-produce.ts'
import { handleFetch } from './apis/01-fetch.ts'
import { handleListOffsets } from './apis/02-list-offsets.ts'
import { handleMetadata } from './apis/03-metadata.ts'
import { handleOffsetCommit } from './apis/08-offset-commit.ts'
import { handleOffsetFetch } from './apis/09-offset-fetch.ts'
import { handleFindCoordinator } from './apis/10-find-coordinator.ts'
import { handleJoinGroup } from './apis/11-join-group.ts'
import { handleHeartbeat } from './apis/12-heartbeat.ts'
import { handleLeaveGroup } from './apis/13-leave-group.ts'
import { handleSyncGroup } from './apis/14-sync-group.ts'
import { handleDescribeGroups } from './apis/15-describe-groups.ts'
import { handleListGroups } from './apis/16-list-groups.ts'
import { handleSaslHandshake } from './apis/17-sasl-handshake.ts'
import { handleApiVersions } from './apis/18-api-versions.ts'
import { handleCreateTopics } from './apis/19-create-topics.ts'
import { handleDeleteTopics } from './apis/20-delete-topics.ts'
import { handleDeleteRecords } from './apis/21-delete-records.ts'
import { handleInitProducerId } from './apis/22-init-producer-id.ts'
import { handleOffsetForLeaderEpoch } from './apis/23-offset-for-leader-epoch.ts'
import { handleAddPartitionsToTxn } from './apis/24-add-partitions-to-txn.ts'
import { handleAddOffsetsToTxn } from './apis/25-add-offsets-to-txn.ts'
import { handleEndTxn } from './apis/26-end-txn.ts'
import { handleWriteTxnMarkers } from './apis/27-write-txn-markers.ts'
import { handleTxnOffsetCommit } from './apis/28-txn-offset-commit.ts'
import { handleDescribeAcls } from './apis/29-describe-acls.ts'
import { handleCreateAcls } from './apis/30-create-acls.ts'
import { handleDeleteAcls } from './apis/31-delete-acls.ts'
import { handleDescribeConfigs } from './apis/32-describe-configs.ts'
import { handleAlterConfigs } from './apis/33-alter-configs.ts'
import { handleAlterReplicaLogDirs } from './apis/34-alter-replica-log-dirs.ts'
import { handleDescribeLogDirs } from './apis/35-describe-log-dirs.ts'
import { handleSaslAuthenticate } from './apis/36-sasl-authenticate.ts'
import { handleCreatePartitions } from './apis/37-create-partitions.ts'
import { handleDeleteGroups } from './apis/42-delete-groups.ts'
import { handleElectLeaders } from './apis/43-elect-leaders.ts'
import { handleIncrementalAlterConfigs } from './apis/44-incremental-alter-configs.ts'
import { handleAlterPartitionReassignments } from './apis/45-alter-partition-reassignments.ts'
import { handleListPartitionReassignments } from './apis/46-list-partition-reassignments.ts'
import { handleOffsetDelete } from './apis/47-offset-delete.ts'
import { handleDescribeClientQuotas } from './apis/48-describe-client-quotas.ts'
import { handleAlterClientQuotas } from './apis/49-alter-client-quotas.ts'
import { handleDescribeUserScramCredentials } from './apis/50-describe-user-scram-credentials.ts'
import { handleAlterUserScramCredentials } from './apis/51-alter-user-scram-credentials.ts'
import { handleDescribeQuorum } from './apis/55-describe-quorum.ts'
import { handleUpdateFeatures } from './apis/57-update-features.ts'
import { handleDescribeCluster } from './apis/60-describe-cluster.ts'
import { handleDescribeProducers } from './apis/61-describe-producers.ts'
import { handleDescribeTransactions } from './apis/65-describe-transactions.ts'
import { handleListTransactions } from './apis/66-list-transactions.ts'
import { handleConsumerGroupHeartbeat } from './apis/68-consumer-group-heartbeat.ts'
import { handleConsumerGroupDescribe } from './apis/69-consumer-group-describe.ts'
import { handleListConfigResources } from './apis/74-list-config-resources.ts'
import { handleDescribeTopicPartitions } from './apis/75-describe-topic-partitions.ts'
import { handleShareGroupHeartbeat } from './apis/76-share-group-heartbeat.ts'
import { handleShareGroupDescribe } from './apis/77-share-group-describe.ts'
import { handleShareFetch } from './apis/78-share-fetch.ts'
import { handleShareAcknowledge } from './apis/79-share-acknowledge.ts'
import { handleDescribeShareGroupOffsets } from './apis/90-describe-share-group-offsets.ts'
import { handleAlterShareGroupOffsets } from './apis/91-alter-share-group-offsets.ts'
import { handleDeleteShareGroupOffsets } from './apis/92-delete-share-group-offsets.ts'
import type { Handler } from './handler.ts'
import { guarded } from './security/authorization/guard.ts'
import { guards } from './security/authorization/guards.ts'

/** Handlers differ in the messages they take; the dispatcher gives each what its own codec has read. */
type AnyHandler = Handler & { readonly api: Api<Fields, Fields> }

/** Forgetting an API does not compile. */
const handlers: Record<ApiKey, AnyHandler> = {
  [ApiKey.Produce]: handleProduce,
  [ApiKey.Fetch]: handleFetch,
  [ApiKey.ListOffsets]: handleListOffsets,
  [ApiKey.Metadata]: handleMetadata,
  [ApiKey.OffsetCommit]: handleOffsetCommit,
  [ApiKey.OffsetFetch]: handleOffsetFetch,
  [ApiKey.FindCoordinator]: handleFindCoordinator,
  [ApiKey.JoinGroup]: handleJoinGroup,
  [ApiKey.Heartbeat]: handleHeartbeat,
  [ApiKey.LeaveGroup]: handleLeaveGroup,
  [ApiKey.SyncGroup]: handleSyncGroup,
  [ApiKey.DescribeGroups]: handleDescribeGroups,
  [ApiKey.ListGroups]: handleListGroups,
  [ApiKey.SaslHandshake]: handleSaslHandshake,
  [ApiKey.ApiVersions]: handleApiVersions,
  [ApiKey.CreateTopics]: handleCreateTopics,
  [ApiKey.DeleteTopics]: handleDeleteTopics,
  [ApiKey.DeleteRecords]: handleDeleteRecords,
  [ApiKey.InitProducerId]: handleInitProducerId,
  [ApiKey.OffsetForLeaderEpoch]: handleOffsetForLeaderEpoch,
  [ApiKey.AddPartitionsToTxn]: handleAddPartitionsToTxn,
  [ApiKey.AddOffsetsToTxn]: handleAddOffsetsToTxn,
  [ApiKey.EndTxn]: handleEndTxn,
  [ApiKey.WriteTxnMarkers]: handleWriteTxnMarkers,
  [ApiKey.TxnOffsetCommit]: handleTxnOffsetCommit,
  [ApiKey.DescribeAcls]: handleDescribeAcls,
  [ApiKey.CreateAcls]: handleCreateAcls,
  [ApiKey.DeleteAcls]: handleDeleteAcls,
  [ApiKey.DescribeConfigs]: handleDescribeConfigs,
  [ApiKey.AlterConfigs]: handleAlterConfigs,
  [ApiKey.AlterReplicaLogDirs]: handleAlterReplicaLogDirs,
  [ApiKey.DescribeLogDirs]: handleDescribeLogDirs,
  [ApiKey.SaslAuthenticate]: handleSaslAuthenticate,
  [ApiKey.CreatePartitions]: handleCreatePartitions,
  [ApiKey.DeleteGroups]: handleDeleteGroups,
  [ApiKey.ElectLeaders]: handleElectLeaders,
  [ApiKey.IncrementalAlterConfigs]: handleIncrementalAlterConfigs,
  [ApiKey.AlterPartitionReassignments]: handleAlterPartitionReassignments,
  [ApiKey.ListPartitionReassignments]: handleListPartitionReassignments,
  [ApiKey.OffsetDelete]: handleOffsetDelete,
  [ApiKey.DescribeClientQuotas]: handleDescribeClientQuotas,
  [ApiKey.AlterClientQuotas]: handleAlterClientQuotas,
  [ApiKey.DescribeUserScramCredentials]: handleDescribeUserScramCredentials,
  [ApiKey.AlterUserScramCredentials]: handleAlterUserScramCredentials,
  [ApiKey.DescribeQuorum]: handleDescribeQuorum,
  [ApiKey.UpdateFeatures]: handleUpdateFeatures,
  [ApiKey.DescribeCluster]: handleDescribeCluster,
  [ApiKey.DescribeProducers]: handleDescribeProducers,
  [ApiKey.DescribeTransactions]: handleDescribeTransactions,
  [ApiKey.ListTransactions]: handleListTransactions,
  [ApiKey.ConsumerGroupHeartbeat]: handleConsumerGroupHeartbeat,
  [ApiKey.ConsumerGroupDescribe]: handleConsumerGroupDescribe,
  [ApiKey.ListConfigResources]: handleListConfigResources,
  [ApiKey.DescribeTopicPartitions]: handleDescribeTopicPartitions,
  [ApiKey.ShareGroupHeartbeat]: handleShareGroupHeartbeat,
  [ApiKey.ShareGroupDescribe]: handleShareGroupDescribe,
  [ApiKey.ShareFetch]: handleShareFetch,
  [ApiKey.ShareAcknowledge]: handleShareAcknowledge,
  [ApiKey.DescribeShareGroupOffsets]: handleDescribeShareGroupOffsets,
  [ApiKey.AlterShareGroupOffsets]: handleAlterShareGroupOffsets,
  [ApiKey.DeleteShareGroupOffsets]: handleDeleteShareGroupOffsets,
}

/** The same, each behind the guard that asks whether the client may. */
export const dispatch = Object.fromEntries(
  Object.entries(handlers).map(([key, handler]) => [key, guarded(handler, guards[Number(key) as ApiKey])]),
) as Record<ApiKey, AnyHandler>

const byKey: readonly (AnyHandler | undefined)[] = Object.entries(dispatch).reduce<(AnyHandler | undefined)[]>(
  (table, [key, handler]) => {
    table[Number(key)] = handler
    return table
  },
  [],
)

/** Undefined when the request cannot be answered in any form: Kafka closes the connection then. */
export function findHandler(apiKey: number, apiVersion: number): AnyHandler | undefined {
  const handler = byKey[apiKey]
  if (handler === undefined) return undefined
  // Clients learn what the broker speaks from ApiVersions, so that one is answered in any version.
  if (apiKey === ApiKey.ApiVersions) return apiVersion >= 0 ? handler : undefined
  const { min, max } = handler.advertised
  return apiVersion >= (handler.lowestAnswered ?? min) && apiVersion <= max ? handler : undefined
}
