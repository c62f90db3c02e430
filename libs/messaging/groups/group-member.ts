/** A member of a group, of whichever type the group is. */
export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  /** Topic → the partitions that it reads. */
  readonly assignment: Readonly<Record<string, readonly number[]>>
}

interface DescribedMember {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
  readonly assignment: {
    readonly topicPartitions: readonly { readonly topicName: string; readonly partitions: readonly number[] }[]
  }
}

/** As the descriptions of consumer groups (KIP-848) and share groups have a member. */
export const memberOf = ({ memberId, clientId, clientHost: host, assignment }: DescribedMember): GroupMember => ({
  ...{ memberId, clientId, host },
  assignment: Object.fromEntries(assignment.topicPartitions.map((each) => [each.topicName, each.partitions])),
})
