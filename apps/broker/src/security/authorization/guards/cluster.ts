import {
  alterClientQuotas,
  alterPartitionReassignments,
  alterReplicaLogDirs,
  alterUserScramCredentials,
  createAcls,
  deleteAcls,
  describeAcls,
  describeClientQuotas,
  describeCluster,
  describeLogDirs,
  describeQuorum,
  describeUserScramCredentials,
  ErrorCode,
  electLeaders,
  listPartitionReassignments,
  updateFeatures,
} from '#libs/kafka-protocol'
import { UNREPORTED } from '../../../metadata/authorized-operations.ts'
import { AclOperation } from '../acl.ts'
import { changed, clusterWide, defineGuard } from '../guard.ts'
import { clusterOperations } from './topics.ts'

const { alter, describe, describeConfigs, alterConfigs } = AclOperation
const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED
const DENIED = { errorCode, errorMessage: 'Cluster authorization failed.' }

/** Anybody may know the brokers, since anybody finds them by Metadata. */
export const guardDescribeCluster = defineGuard({
  api: describeCluster,
  requires: [],
  handle: (request, access, next) =>
    changed(next(request), (answer) =>
      (answer.clusterAuthorizedOperations ?? UNREPORTED) === UNREPORTED
        ? answer
        : { ...answer, clusterAuthorizedOperations: clusterOperations(access, answer.clusterAuthorizedOperations!) },
    ),
})

export const guardDescribeAcls = clusterWide(describeAcls, describe, () => ({ ...DENIED, resources: [] }))

export const guardCreateAcls = clusterWide(createAcls, alter, ({ creations }) => ({
  results: creations.map(() => DENIED),
}))

export const guardDeleteAcls = clusterWide(deleteAcls, alter, ({ filters }) => ({
  filterResults: filters.map(() => ({ ...DENIED, matchingAcls: [] })),
}))

export const guardDescribeClientQuotas = clusterWide(describeClientQuotas, describeConfigs, () => ({
  ...{ ...DENIED, entries: null },
}))

export const guardAlterClientQuotas = clusterWide(alterClientQuotas, alterConfigs, ({ entries }) => ({
  entries: entries.map(({ entity }) => ({ ...DENIED, entity })),
}))

export const guardDescribeUserScramCredentials = clusterWide(describeUserScramCredentials, describe, () => ({
  ...{ ...DENIED, results: [] },
}))

export const guardAlterUserScramCredentials = clusterWide(
  alterUserScramCredentials,
  alter,
  ({ deletions, upsertions }) => {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
    return { results: Array.from(users, (user) => ({ user, ...DENIED })) }
  },
)

export const guardAlterReplicaLogDirs = clusterWide(alterReplicaLogDirs, alter, ({ dirs }) => ({
  results: dirs
    .flatMap(({ topics }) => topics)
    .map(({ name, partitions }) => ({
      topicName: name,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex, errorCode })),
    })),
}))

export const guardDescribeLogDirs = clusterWide(describeLogDirs, describe, () => ({ errorCode, results: [] }))

export const guardElectLeaders = clusterWide(electLeaders, alter, ({ topicPartitions }) => ({
  errorCode,
  replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, ...DENIED })),
  })),
}))

export const guardAlterPartitionReassignments = clusterWide(alterPartitionReassignments, alter, () => ({
  ...{ ...DENIED, responses: [] },
}))

export const guardListPartitionReassignments = clusterWide(listPartitionReassignments, describe, () => ({
  ...{ ...DENIED, topics: [] },
}))

export const guardDescribeQuorum = clusterWide(describeQuorum, describe, () => ({ ...DENIED, topics: [], nodes: [] }))

export const guardUpdateFeatures = clusterWide(updateFeatures, alter, () => ({ ...DENIED, results: [] }))
