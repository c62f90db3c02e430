import { AclOperation } from '../security/authorization/acl.ts'

const { read, write, create, delete: remove, alter, describe, clusterAction } = AclOperation
const { describeConfigs, alterConfigs, idempotentWrite } = AclOperation

/** As a bit set of the operations' codes. */
const bits = (...operations: readonly number[]): number => operations.reduce((set, code) => set | (1 << code), 0)

/** What can be done to a resource of this type, for clients that ask what they may do: this is what may be done without an authorizer. */
export const TOPIC_OPERATIONS = bits(read, write, create, remove, alter, describe, describeConfigs, alterConfigs)
export const GROUP_OPERATIONS = bits(read, remove, describe, describeConfigs, alterConfigs)
export const CLUSTER_OPERATIONS = bits(
  ...[create, alter, describe, clusterAction, describeConfigs, alterConfigs, idempotentWrite],
)

/** The client has not asked. */
export const UNREPORTED = -2147483648
