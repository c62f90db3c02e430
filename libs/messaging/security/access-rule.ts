/** Numbers of Kafka's protocol, of what access rules (ACLs) speak of here. */
export const RESOURCES = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
export const OPERATIONS = {
  ...{ read: 3, write: 4, create: 5, delete: 6, alter: 7, describe: 8, clusterAction: 9 },
  ...{ describeConfigs: 10, alterConfigs: 11, idempotentWrite: 12 },
} as const
export const PATTERNS = { literal: 3, prefixed: 4 } as const

export type Resource = keyof typeof RESOURCES
export type Operation = keyof typeof OPERATIONS

/** What the one resource of the type `cluster` is called. */
export const CLUSTER = 'kafka-cluster'

/** Allows one user one operation, from any host. */
export interface AccessRule {
  readonly resource: Resource
  /** `*` as a literal name means any. */
  readonly name: string
  readonly pattern: keyof typeof PATTERNS
  readonly operation: Operation
}
