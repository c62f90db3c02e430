/** A member of a group, of whichever type the group is. */
export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  /** Topic → the partitions that it reads. */
  readonly assignment: Readonly<Record<string, readonly number[]>>
}
