import { type ConsumerGroup, type ConsumerMember, evolveConsumerGroup, withMember } from './consumer-group.ts'
import type { ConsumerRecord } from './consumer-records.ts'

/**
 * A decision in the making: the group it leads to and the facts to be made durable. Facts take effect through
 * `evolveConsumerGroup`, so a replay of them arrives at the same group.
 */
export class ConsumerDecision {
  group: ConsumerGroup
  readonly records: ConsumerRecord[] = []

  constructor(group: ConsumerGroup) {
    this.group = group
  }

  record(record: ConsumerRecord): void {
    this.records.push(record)
    this.group = evolveConsumerGroup(this.group, record)
  }

  /** What need not survive a crash. */
  change(change: Partial<ConsumerGroup>): void {
    this.group = { ...this.group, ...change }
  }

  /** Likewise, of a member. */
  changeMember(memberId: string, change: Partial<ConsumerMember>): void {
    const member = this.group.members.get(memberId)
    if (member !== undefined) this.group = withMember(this.group, { ...member, ...change })
  }

  bump(): void {
    const { groupId, epoch } = this.group
    this.record({ type: 'ConsumerEpochBumped', groupId, epoch: epoch + 1 })
  }
}
