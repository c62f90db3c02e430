import {
  alterConfigs,
  describeConfigs,
  ErrorCode,
  incrementalAlterConfigs,
  listConfigResources,
} from '#libs/kafka-protocol'
import { type ConfigResource, ResourceType } from '../../../config/config-resource.ts'
import type { Access } from '../access.ts'
import { AclOperation, AclResource, CLUSTER_NAME, type ResourceName } from '../acl.ts'
import { apart, clusterWide, defineGuard, type Requirement } from '../guard.ts'

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

const mayTouch = (access: Access, operation: AclOperation, resource: ConfigResource): boolean => {
  const { type, name } = ownerOf(resource)
  return access.may(operation, type, name)
}

const denied = ({ resourceType, resourceName }: ConfigResource) => ({
  errorCode: ERRORS[ownerOf({ resourceType, resourceName }).type]!,
  errorMessage: null,
  ...{ resourceType, resourceName },
})

const ofAnyOwner = (operation: AclOperation): readonly (readonly Requirement[])[] => [
  [
    [operation, TOPIC],
    [operation, GROUP],
    [operation, CLUSTER],
  ],
]

export const guardDescribeConfigs = defineGuard({
  api: describeConfigs,
  requires: ofAnyOwner(AclOperation.describeConfigs),
  handle: (request, access, next) =>
    apart(
      request.resources,
      (resource) => mayTouch(access, AclOperation.describeConfigs, resource),
      (resources) => next({ ...request, resources }),
      ({ results }, refused) => ({
        results: [...results, ...refused.map((resource) => ({ ...denied(resource), configs: [] }))],
      }),
    ),
})

export const guardAlterConfigs = defineGuard({
  api: alterConfigs,
  requires: ofAnyOwner(AclOperation.alterConfigs),
  handle: (request, access, next) =>
    apart(
      request.resources,
      (resource) => mayTouch(access, AclOperation.alterConfigs, resource),
      (resources) => next({ ...request, resources }),
      ({ responses }, refused) => ({ responses: [...responses, ...refused.map(denied)] }),
    ),
})

export const guardIncrementalAlterConfigs = defineGuard({
  api: incrementalAlterConfigs,
  requires: ofAnyOwner(AclOperation.alterConfigs),
  handle: (request, access, next) =>
    apart(
      request.resources,
      (resource) => mayTouch(access, AclOperation.alterConfigs, resource),
      (resources) => next({ ...request, resources }),
      ({ responses }, refused) => ({ responses: [...responses, ...refused.map(denied)] }),
    ),
})

export const guardListConfigResources = clusterWide(listConfigResources, AclOperation.describeConfigs, () => ({
  ...{ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, configResources: [] },
}))
