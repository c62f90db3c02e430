import {
  alterConfigs,
  describeConfigs,
  ErrorCode,
  incrementalAlterConfigs,
  listConfigResources,
} from '#libs/kafka-protocol'
import { type ConfigResource, ResourceType } from '../../../config/config-resource.ts'
import { AclOperation, AclResource, CLUSTER_NAME, type ResourceName } from '../acl.ts'
import { clusterWide, eachOf, type Requirement } from '../guard.ts'

const { topic: TOPIC, group: GROUP, cluster: CLUSTER } = AclResource

/** Whose settings they are; all but those of topics and groups are the cluster's. */
function ownerOf({ resourceType, resourceName }: ConfigResource): ResourceName {
  if (resourceType === ResourceType.topic) return { type: TOPIC, name: resourceName }
  if (resourceType === ResourceType.group) return { type: GROUP, name: resourceName }
  return { type: CLUSTER, name: CLUSTER_NAME }
}

const ERRORS: Readonly<Partial<Record<AclResource, ErrorCode>>> = {
  [TOPIC]: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  [GROUP]: ErrorCode.GROUP_AUTHORIZATION_FAILED,
  [CLUSTER]: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
}

const denied = ({ resourceType, resourceName }: ConfigResource) => ({
  errorCode: ERRORS[ownerOf({ resourceType, resourceName }).type]!,
  errorMessage: null,
  ...{ resourceType, resourceName },
})

const ofItsOwner = (operation: AclOperation) => ({
  needs: [
    [operation, TOPIC],
    [operation, GROUP],
    [operation, CLUSTER],
  ] as const satisfies readonly Requirement[],
  name: ownerOf,
})

export const guardDescribeConfigs = eachOf(describeConfigs, 'resources', 'results', {
  ...ofItsOwner(AclOperation.describeConfigs),
  refused: (resource) => ({ ...denied(resource), configs: [] }),
})

export const guardAlterConfigs = eachOf(alterConfigs, 'resources', 'responses', {
  ...ofItsOwner(AclOperation.alterConfigs),
  refused: denied,
})

export const guardIncrementalAlterConfigs = eachOf(incrementalAlterConfigs, 'resources', 'responses', {
  ...ofItsOwner(AclOperation.alterConfigs),
  refused: denied,
})

export const guardListConfigResources = clusterWide(listConfigResources, AclOperation.describeConfigs, () => ({
  ...{ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, configResources: [] },
}))
