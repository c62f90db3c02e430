import type { Assigned, ConsumerMember } from './consumer-group.ts'
import { type PartitionKey, topicIdOf } from './partitions.ts'

/** Where a member should go, and what is in its way. */
export interface Reconciliation {
  /** The epoch of the target. */
  readonly targetEpoch: number
  readonly target: ReadonlySet<PartitionKey>
  /** Of the topics that it subscribes to now, which may be others than those the target was made for. */
  readonly topicIds: ReadonlySet<string>
  /** It has just changed what it subscribes to: what does not belong to that is given up at once. */
  readonly hasNewSubscription: boolean
  /** What it says that it reads; undefined: it does not say. */
  readonly owned: ReadonlySet<PartitionKey> | undefined
  /** Whether somebody else has been told to read the partition, and not given it up yet. */
  isHeldByOther(key: PartitionKey): boolean
}

/**
 * The next step of a member to its target: it gives up what it should not read, and only when it says that it has does it
 * reach the next epoch, in which it is given what nobody else holds any more. So a partition has one reader at a time.
 */
export function reconcile(member: ConsumerMember, to: Reconciliation): ConsumerMember {
  switch (member.state) {
    case 'Stable':
      if (member.epoch !== to.targetEpoch) return advance(member, to)
      return to.hasNewSubscription ? withoutUnsubscribed(member, to) : member
    case 'Unrevoked':
      if (!owns(to.owned, member.revoking)) return advance(member, to)
      return to.hasNewSubscription ? withoutUnsubscribed(member, to) : member
    case 'Unreleased':
      return advance(member, to)
  }
}

function advance(member: ConsumerMember, to: Reconciliation): ConsumerMember {
  const target = new Set([...to.target].filter((key) => to.topicIds.has(topicIdOf(key))))
  const kept = new Map([...member.assigned].filter(([key]) => target.has(key)))
  const lost = new Map([...member.assigned].filter(([key]) => !target.has(key)))
  if (lost.size > 0 && owns(to.owned, lost)) {
    const { epoch } = member
    return { ...member, epoch, previousEpoch: epoch, state: 'Unrevoked', assigned: kept, revoking: lost }
  }
  const missing = [...target].filter((key) => !kept.has(key))
  const free = missing.filter((key) => !to.isHeldByOther(key))
  for (const key of free) kept.set(key, to.targetEpoch)
  return {
    ...{ ...member, epoch: to.targetEpoch, previousEpoch: member.epoch },
    ...{ state: free.length < missing.length ? 'Unreleased' : 'Stable', assigned: kept, revoking: new Map() },
  }
}

/** What it does not subscribe to any more goes before there is a new target: else it would be given records unasked. */
function withoutUnsubscribed(member: ConsumerMember, to: Reconciliation): ConsumerMember {
  const isWanted = ([key]: readonly [PartitionKey, number]) => to.topicIds.has(topicIdOf(key))
  const assigned = new Map([...member.assigned].filter(isWanted))
  if (assigned.size === member.assigned.size) return member
  const lost = [...member.assigned].filter((entry) => !isWanted(entry))
  const revoking = new Map([...member.revoking, ...lost])
  const { epoch } = member
  return owns(to.owned, revoking)
    ? { ...member, previousEpoch: epoch, state: 'Unrevoked', assigned, revoking }
    : { ...member, previousEpoch: epoch, assigned }
}

/** A member that does not say what it reads may still read any of these. */
function owns(owned: ReadonlySet<PartitionKey> | undefined, partitions: Assigned): boolean {
  if (owned === undefined) return true
  for (const key of partitions.keys()) if (owned.has(key)) return true
  return false
}
