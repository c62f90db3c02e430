import { ErrorCode } from '#libs/kafka-protocol'
import { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import type { ShareGroupConfig } from './group-config.ts'
import {
  decideHeartbeat,
  decideRemoval,
  type HeartbeatAnswer,
  heartbeatProblem,
  type ShareHeartbeat,
} from './heartbeat.ts'
import type { ShareRecord } from './records.ts'
import { resumeShareGroup, type ShareGroup, type TopicOf } from './share-group.ts'
import type { ShareJournal } from './share-journal.ts'
import type { ShareState } from './share-state.ts'

export interface ShareGroupParts {
  readonly state: ShareState
  readonly journal: ShareJournal
  readonly settings: Settings
  readonly clock: Clock
  readonly topicOf: TopicOf
  configOf(groupId: string): ShareGroupConfig
}

/**
 * Runs the members of share groups: asks the decider, puts its records on disk, then answers. Members and epochs that a
 * client has heard of survive; which of them were told what does not, so after a restart all are told again.
 */
export class ShareGroups {
  private readonly alarms: Alarms<string>

  constructor(
    private readonly parts: ShareGroupParts,
    /** A member is gone, and with it what it holds. */
    private readonly onRemoved: (groupId: string, memberId: string) => void,
    private readonly onDeleted: (groupId: string) => void,
  ) {
    this.alarms = new Alarms<string>(parts.clock, {
      keyOf: (groupId) => groupId,
      deadlineOf: (groupId) => this.nextDeadline(groupId),
      expire: (groupId) => this.expire(groupId),
    })
  }

  /** What the journal knows is alive again, and has a full session to say so. */
  resume(): void {
    const { state, topicOf, clock } = this.parts
    for (const group of [...state.groups.values()]) this.put(resumeShareGroup(group, topicOf, clock.steady()))
  }

  all(): Iterable<ShareGroup> {
    return this.parts.state.groups.values()
  }

  find(groupId: string): ShareGroup | undefined {
    return this.parts.state.groups.get(groupId)
  }

  async heartbeat(groupId: string, heartbeat: ShareHeartbeat): Promise<HeartbeatAnswer> {
    const { settings, clock, topicOf } = this.parts
    const errorMessage = heartbeatProblem(groupId, heartbeat)
    if (errorMessage !== undefined) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
    const rules = { now: clock.steady(), maxSize: settings['group.share.max.size'], topicOf }
    const { group, records, answer } = decideHeartbeat(groupId, this.find(groupId), heartbeat, rules)
    if (group !== undefined) this.put(group)
    this.removed(records)
    // An answer may tell of an epoch that another request has just made: that must be on disk as well.
    const isDurable = await this.append(records)
    return isDurable ? answer : { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: 'The disk refuses.' }
  }

  /** Topics came, grew or went: those who subscribe to them read something else now. */
  async topicChanged(name: string): Promise<void> {
    const records: ShareRecord[] = []
    for (const { groupId, epoch, members } of this.all()) {
      const isConcerned = Array.from(members.values()).some(({ topics }) => topics.includes(name))
      if (isConcerned) records.push({ type: 'EpochBumped', groupId, epoch: epoch + 1 })
    }
    for (const record of records) this.parts.state.evolve(record)
    if (records.length > 0) await this.append(records)
  }

  async deleteGroup(groupId: string): Promise<ErrorCode> {
    const group = this.find(groupId)
    if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    if (group.members.size > 0) return ErrorCode.NON_EMPTY_GROUP
    const record: ShareRecord = { type: 'GroupDeleted', groupId }
    this.parts.state.evolve(record)
    this.alarms.cancel(groupId)
    this.onDeleted(groupId)
    return (await this.append([record])) ? ErrorCode.NONE : ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  close(): void {
    this.alarms.close()
  }

  private put(group: ShareGroup): void {
    this.parts.state.groups.set(group.groupId, group)
    this.alarms.set(group.groupId)
  }

  private nextDeadline(groupId: string): number {
    const { sessionTimeoutMs } = this.parts.configOf(groupId)
    let next = Infinity
    for (const { lastSeen } of this.find(groupId)?.members.values() ?? []) {
      next = Math.min(next, lastSeen + sessionTimeoutMs)
    }
    return next
  }

  /** Those of whom nothing was heard are out. */
  private expire(groupId: string): void {
    const { clock, topicOf } = this.parts
    const now = clock.steady()
    const { sessionTimeoutMs } = this.parts.configOf(groupId)
    const records: ShareRecord[] = []
    for (const { memberId, lastSeen } of this.find(groupId)?.members.values() ?? []) {
      if (lastSeen + sessionTimeoutMs > now) continue
      const removal = decideRemoval(this.find(groupId)!, memberId, { topicOf, now })
      this.parts.state.groups.set(groupId, removal.group)
      records.push(...removal.records)
    }
    this.removed(records)
    this.alarms.set(groupId)
    if (records.length > 0) void this.append(records)
  }

  /** Appends to the journal; nobody is found missing meanwhile. False when the disk refuses. */
  append(records: readonly ShareRecord[]): Promise<boolean> {
    return this.alarms.holdWhile(this.parts.journal.append(records))
  }

  private removed(records: readonly ShareRecord[]): void {
    for (const record of records) if (record.type === 'MemberRemoved') this.onRemoved(record.groupId, record.memberId)
  }
}
