import { apiVersions, saslAuthenticate, saslHandshake } from '#libs/kafka-protocol'
import { ApiKey } from '../../api-key.ts'
import { type Guard, open } from './guard.ts'
import {
  guardAlterClientQuotas,
  guardAlterPartitionReassignments,
  guardAlterReplicaLogDirs,
  guardAlterUserScramCredentials,
  guardCreateAcls,
  guardDeleteAcls,
  guardDescribeAcls,
  guardDescribeClientQuotas,
  guardDescribeCluster,
  guardDescribeLogDirs,
  guardDescribeQuorum,
  guardDescribeUserScramCredentials,
  guardElectLeaders,
  guardListPartitionReassignments,
  guardUpdateFeatures,
} from './guards/cluster.ts'
import {
  guardAlterConfigs,
  guardDescribeConfigs,
  guardIncrementalAlterConfigs,
  guardListConfigResources,
} from './guards/configs.ts'
import { guardFindCoordinator } from './guards/coordinators.ts'
import {
  guardConsumerGroupDescribe,
  guardConsumerGroupHeartbeat,
  guardDeleteGroups,
  guardDescribeGroups,
  guardHeartbeat,
  guardJoinGroup,
  guardLeaveGroup,
  guardListGroups,
  guardSyncGroup,
} from './guards/groups.ts'
import { guardOffsetCommit, guardOffsetDelete, guardOffsetFetch } from './guards/offsets.ts'
import {
  guardDeleteRecords,
  guardDescribeProducers,
  guardFetch,
  guardListOffsets,
  guardOffsetForLeaderEpoch,
  guardProduce,
} from './guards/records.ts'
import {
  guardAlterShareGroupOffsets,
  guardDeleteShareGroupOffsets,
  guardDescribeShareGroupOffsets,
  guardShareAcknowledge,
  guardShareFetch,
  guardShareGroupDescribe,
  guardShareGroupHeartbeat,
} from './guards/share-groups.ts'
import {
  guardCreatePartitions,
  guardCreateTopics,
  guardDeleteTopics,
  guardDescribeTopicPartitions,
  guardMetadata,
} from './guards/topics.ts'
import {
  guardAddOffsetsToTxn,
  guardAddPartitionsToTxn,
  guardDescribeTransactions,
  guardEndTxn,
  guardInitProducerId,
  guardListTransactions,
  guardTxnOffsetCommit,
  guardWriteTxnMarkers,
} from './guards/transactions.ts'

/** Guards differ in the messages they take; each is given those of its own API. */
type AnyGuard = Guard & { readonly api: Guard['api'] }

/**
 * What each API requires, as in Kafka. Forgetting an API does not compile, and `guards.spec.ts` walks all of them: with
 * nothing allowed, with all that is required, and with all but one.
 */
export const guards: Record<ApiKey, AnyGuard> = {
  [ApiKey.Produce]: guardProduce,
  [ApiKey.Fetch]: guardFetch,
  [ApiKey.ListOffsets]: guardListOffsets,
  [ApiKey.Metadata]: guardMetadata,
  [ApiKey.OffsetCommit]: guardOffsetCommit,
  [ApiKey.OffsetFetch]: guardOffsetFetch,
  [ApiKey.FindCoordinator]: guardFindCoordinator,
  [ApiKey.JoinGroup]: guardJoinGroup,
  [ApiKey.Heartbeat]: guardHeartbeat,
  [ApiKey.LeaveGroup]: guardLeaveGroup,
  [ApiKey.SyncGroup]: guardSyncGroup,
  [ApiKey.DescribeGroups]: guardDescribeGroups,
  [ApiKey.ListGroups]: guardListGroups,
  [ApiKey.SaslHandshake]: open(saslHandshake),
  [ApiKey.ApiVersions]: open(apiVersions),
  [ApiKey.CreateTopics]: guardCreateTopics,
  [ApiKey.DeleteTopics]: guardDeleteTopics,
  [ApiKey.DeleteRecords]: guardDeleteRecords,
  [ApiKey.InitProducerId]: guardInitProducerId,
  [ApiKey.OffsetForLeaderEpoch]: guardOffsetForLeaderEpoch,
  [ApiKey.AddPartitionsToTxn]: guardAddPartitionsToTxn,
  [ApiKey.AddOffsetsToTxn]: guardAddOffsetsToTxn,
  [ApiKey.EndTxn]: guardEndTxn,
  [ApiKey.WriteTxnMarkers]: guardWriteTxnMarkers,
  [ApiKey.TxnOffsetCommit]: guardTxnOffsetCommit,
  [ApiKey.DescribeAcls]: guardDescribeAcls,
  [ApiKey.CreateAcls]: guardCreateAcls,
  [ApiKey.DeleteAcls]: guardDeleteAcls,
  [ApiKey.DescribeConfigs]: guardDescribeConfigs,
  [ApiKey.AlterConfigs]: guardAlterConfigs,
  [ApiKey.AlterReplicaLogDirs]: guardAlterReplicaLogDirs,
  [ApiKey.DescribeLogDirs]: guardDescribeLogDirs,
  [ApiKey.SaslAuthenticate]: open(saslAuthenticate),
  [ApiKey.CreatePartitions]: guardCreatePartitions,
  [ApiKey.DeleteGroups]: guardDeleteGroups,
  [ApiKey.ElectLeaders]: guardElectLeaders,
  [ApiKey.IncrementalAlterConfigs]: guardIncrementalAlterConfigs,
  [ApiKey.AlterPartitionReassignments]: guardAlterPartitionReassignments,
  [ApiKey.ListPartitionReassignments]: guardListPartitionReassignments,
  [ApiKey.OffsetDelete]: guardOffsetDelete,
  [ApiKey.DescribeClientQuotas]: guardDescribeClientQuotas,
  [ApiKey.AlterClientQuotas]: guardAlterClientQuotas,
  [ApiKey.DescribeUserScramCredentials]: guardDescribeUserScramCredentials,
  [ApiKey.AlterUserScramCredentials]: guardAlterUserScramCredentials,
  [ApiKey.DescribeQuorum]: guardDescribeQuorum,
  [ApiKey.UpdateFeatures]: guardUpdateFeatures,
  [ApiKey.DescribeCluster]: guardDescribeCluster,
  [ApiKey.DescribeProducers]: guardDescribeProducers,
  [ApiKey.DescribeTransactions]: guardDescribeTransactions,
  [ApiKey.ListTransactions]: guardListTransactions,
  [ApiKey.ConsumerGroupHeartbeat]: guardConsumerGroupHeartbeat,
  [ApiKey.ConsumerGroupDescribe]: guardConsumerGroupDescribe,
  [ApiKey.ListConfigResources]: guardListConfigResources,
  [ApiKey.DescribeTopicPartitions]: guardDescribeTopicPartitions,
  [ApiKey.ShareGroupHeartbeat]: guardShareGroupHeartbeat,
  [ApiKey.ShareGroupDescribe]: guardShareGroupDescribe,
  [ApiKey.ShareFetch]: guardShareFetch,
  [ApiKey.ShareAcknowledge]: guardShareAcknowledge,
  [ApiKey.DescribeShareGroupOffsets]: guardDescribeShareGroupOffsets,
  [ApiKey.AlterShareGroupOffsets]: guardAlterShareGroupOffsets,
  [ApiKey.DeleteShareGroupOffsets]: guardDeleteShareGroupOffsets,
}
