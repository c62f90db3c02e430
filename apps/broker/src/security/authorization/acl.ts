/** What access rules (ACLs) are made of, with the numbers that the protocol has for them. */
export const AclResource = {
  topic: 2,
  group: 3,
  cluster: 4,
  transactionalId: 5,
  delegationToken: 6,
  user: 7,
} as const
export type AclResource = (typeof AclResource)[keyof typeof AclResource]

export const AclOperation = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
  createTokens: 13,
  describeTokens: 14,
  twoPhaseCommit: 15,
} as const
export type AclOperation = (typeof AclOperation)[keyof typeof AclOperation]

export const AclPattern = { literal: 3, prefixed: 4 } as const
export type AclPattern = (typeof AclPattern)[keyof typeof AclPattern]

export const AclPermission = { deny: 2, allow: 3 } as const
export type AclPermission = (typeof AclPermission)[keyof typeof AclPermission]

/** In a literal pattern any resource of its type, as a host any host, after `User:` anybody. */
export const WILDCARD = '*'
export const ANYBODY = 'User:*'
/** What the one resource of the type `cluster` is called. */
export const CLUSTER_NAME = 'kafka-cluster'

/** The name of Kafka's own authorizer, which decides as the one here. */
export const STANDARD_AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

/** One rule. Two that are equal in everything are one. */
export interface Acl {
  readonly resourceType: AclResource
  readonly patternType: AclPattern
  readonly resourceName: string
  /** `User:alice`. */
  readonly principal: string
  /** An address as text, or `*`. */
  readonly host: string
  readonly operation: AclOperation
  readonly permission: AclPermission
}

export interface ResourceName {
  readonly type: AclResource
  readonly name: string
}

const nameIn = (table: Readonly<Record<string, number>>, code: number): string =>
  Object.keys(table).find((name) => table[name] === code) ?? String(code)

export const operationName = (operation: number): string => nameIn(AclOperation, operation)
export const resourceTypeName = (type: number): string => nameIn(AclResource, type)
