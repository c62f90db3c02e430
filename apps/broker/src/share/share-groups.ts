import { ErrorCode } from '#libs/kafka-protocol'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { Alarm } from './alarm.ts'
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

/** How long to leave the members alone when their deadline comes while the disk is waited for. */
const HELD_UP_MS = 1000

/**
 * Runs the members of share groups: asks the decider, puts its records on disk, then answers. Members and epochs that a
 * client has heard of survive; which of them were told what does not, so after a restart all are told again.
 */
export class ShareGroups {
  private readonly alarms = new Map<string, Alarm>()
  private readonly heldUpUntil = new Map<string, number>()

  constructor(
    private readonly parts: ShareGroupParts,
    /** A member is gone, and with it what it holds. */
    private readonly onRemoved: (groupId: string, memberId: string) => void,
  ) {}

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
    const { settings, clock, topicOf, journal } = this.parts
    const errorMessage = heartbeatProblem(groupId, heartbeat)
    if (errorMessage !== undefined) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
    const rules = { now: clock.steady(), maxSize: settings['group.share.max.size'], topicOf }
    const { group, records, answer } = decideHeartbeat(groupId, this.find(groupId), heartbeat, rules)
    if (group !== undefined) this.put(group)
    this.removed(records)
    // An answer may tell of an epoch that another request has just made: that must be on disk as well.
    const isDurable = await journal.append(records)
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
    if (records.length > 0) await this.parts.journal.append(records)
  }

  async deleteGroup(groupId: string): Promise<ErrorCode> {
    const group = this.find(groupId)
    if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    if (group.members.size > 0) return ErrorCode.NON_EMPTY_GROUP
    const record: ShareRecord = { type: 'GroupDeleted', groupId }
    this.parts.state.evolve(record)
    this.alarms.get(groupId)?.stop()
    this.alarms.delete(groupId)
    return (await this.parts.journal.append([record])) ? ErrorCode.NONE : ErrorCode.COORDINATOR_NOT_AVAILABLE
  }

  close(): void {
    for (const alarm of this.alarms.values()) alarm.stop()
    this.alarms.clear()
  }

  private put(group: ShareGroup): void {
    const { groupId } = group
    this.parts.state.groups.set(groupId, group)
    let alarm = this.alarms.get(groupId)
    if (alarm === undefined) {
      const nextDeadline = () => this.nextDeadline(groupId)
      const forget = () => void this.alarms.delete(groupId)
      alarm = new Alarm(this.parts.clock, nextDeadline, () => this.expire(groupId), forget)
      this.alarms.set(groupId, alarm)
    }
    alarm.update()
  }

  private nextDeadline(groupId: string): number {
    const { sessionTimeoutMs } = this.parts.configOf(groupId)
    let next = Infinity
    for (const { lastSeen } of this.find(groupId)?.members.values() ?? []) {
      next = Math.min(next, lastSeen + sessionTimeoutMs)
    }
    return Math.max(next, this.heldUpUntil.get(groupId) ?? 0)
  }

  /** Those of whom nothing was heard are out, unless they wait for an answer behind a slow disk. */
  private expire(groupId: string): void {
    const { clock, journal, topicOf } = this.parts
    const now = clock.steady()
    this.heldUpUntil.delete(groupId)
    if (journal.isBusy) {
      this.heldUpUntil.set(groupId, now + HELD_UP_MS)
      return
    }
    const { sessionTimeoutMs } = this.parts.configOf(groupId)
    const records: ShareRecord[] = []
    for (const { memberId, lastSeen } of this.find(groupId)?.members.values() ?? []) {
      if (lastSeen + sessionTimeoutMs > now) continue
      const removal = decideRemoval(this.find(groupId)!, memberId, { topicOf, now })
      this.parts.state.groups.set(groupId, removal.group)
      records.push(...removal.records)
    }
    this.removed(records)
    if (records.length > 0) void journal.append(records)
  }

  private removed(records: readonly ShareRecord[]): void {
    for (const record of records) if (record.type === 'MemberRemoved') this.onRemoved(record.groupId, record.memberId)
  }
}
