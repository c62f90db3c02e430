import { ErrorCode } from '#libs/kafka-protocol'
import type { Alarms } from '../alarms.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import type { Decision, JoinAnswer, Reply, SyncAnswer } from '../groups/decision.ts'
import { joinError, syncError } from '../groups/decision.ts'
import type { GroupStore } from '../groups/group-store.ts'
import type { Heartbeat } from '../groups/heartbeat.ts'
import type { Leaver } from '../groups/leave.ts'
import type { Commit } from '../groups/offsets.ts'
import type { Sync } from '../groups/sync.ts'
import type { GroupConfigs } from '../share/group-config.ts'
import { type ClassicJoin, decideClassicJoin } from './classic-join.ts'
import { decideClassicHeartbeat, decideClassicLeave, decideClassicSync } from './classic-members.ts'
import { ConsumerDecision } from './consumer-decision.ts'
import { type ConsumerGroup, newConsumerGroup, resumeConsumerGroup } from './consumer-group.ts'
import { assignorNames, type ConsumerGroupConfig, consumerGroupConfig } from './consumer-group-config.ts'
import { expiredMembers, nextDeadline } from './expiry.ts'
import {
  type ConsumerHeartbeat,
  decideHeartbeat,
  type HeartbeatAnswer,
  type HeartbeatRules,
  JOIN_EPOCH,
} from './heartbeat.ts'
import { heartbeatProblem } from './heartbeat-problem.ts'
import { decideLeave, removeMembers } from './leave.ts'
import { decideDowngrade, firstEpoch, isDowngrade, mayDowngrade } from './migration.ts'
import { commitErrors } from './offset-checks.ts'
import { isSubscribedTo, type KnownTopics } from './subscription.ts'
import { hasCurrentTargets } from './target.ts'
import { type Joined, joinClassicGroup } from './upgrade.ts'

export interface ConsumerGroupParts {
  readonly store: GroupStore
  readonly alarms: Alarms<string>
  readonly settings: Settings
  readonly clock: Clock
  readonly topics: KnownTopics
  groupConfigs(groupId: string): GroupConfigs
  /** Where a group goes that nobody of the consumer protocol is in any more. */
  adopt(decision: Decision): Promise<ErrorCode | undefined>
  /** Answers those who wait for each other in the way of the classic protocol. */
  answer(replies: readonly Reply[]): void
}

/**
 * Runs the groups of the consumer protocol: asks the deciders, puts their records on disk, then answers. They share
 * journal, offsets and alarms with the classic ones, and a group may go from one protocol to the other.
 *
 * Crash story: what a member has been told, and what it has said to have given up, is on disk before it or anybody else
 * hears of it, so no partition has two readers after a crash either. Members get a full session to be heard of again.
 */
export class ConsumerGroups {
  constructor(private readonly parts: ConsumerGroupParts) {}

  /** What the journal knows is alive again. Topics may have changed unseen when the broker died. */
  async resume(): Promise<void> {
    const { store, clock } = this.parts
    for (const group of [...store.allConsumer()]) {
      const decision = new ConsumerDecision(resumeConsumerGroup(group, clock.steady()))
      const isCurrent = group.epoch > group.assignmentEpoch || hasCurrentTargets(group, this.rules(group.groupId))
      if (!isCurrent) decision.bump()
      await this.carryOut(decision)
    }
  }

  all(): Iterable<ConsumerGroup> {
    return this.parts.store.allConsumer()
  }

  find(groupId: string): ConsumerGroup | undefined {
    return this.parts.store.findConsumer(groupId)
  }

  /** The settings of a group, whether it exists or not. */
  configOf(groupId: string): ConsumerGroupConfig {
    return consumerGroupConfig(this.parts.groupConfigs(groupId), this.parts.settings)
  }

  async heartbeat(groupId: string, heartbeat: ConsumerHeartbeat, apiVersion: number): Promise<HeartbeatAnswer> {
    const problem = heartbeatProblem(groupId, heartbeat, apiVersion, assignorNames(this.parts.settings))
    if (problem !== undefined) return problem
    const { decision, answer, replies = [] } = this.decide(groupId, heartbeat)
    // An answer may tell of an epoch that another request has just made: that must be on disk as well.
    const isDurable = decision === undefined || (await this.carryOut(decision))
    this.parts.answer(replies)
    return isDurable ? answer : { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: 'The disk refuses.' }
  }

  async classicJoin(group: ConsumerGroup, join: ClassicJoin): Promise<JoinAnswer> {
    const policy = this.parts.settings['group.consumer.migration.policy']
    if (policy === 'disabled') return joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, join.memberId)
    const { decision, answer } = decideClassicJoin(group, join, this.rules(group.groupId))
    const isDurable = await this.carryOut(decision)
    return isDurable ? answer : joinError(ErrorCode.COORDINATOR_NOT_AVAILABLE, join.memberId)
  }

  async classicSync(group: ConsumerGroup, sync: Omit<Sync, 'request'>): Promise<SyncAnswer> {
    const { topics, clock } = this.parts
    const { decision, answer } = decideClassicSync(group, sync, topics, clock.steady())
    return (await this.carryOut(decision)) ? answer : syncError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  classicHeartbeat(group: ConsumerGroup, heartbeat: Heartbeat): ErrorCode {
    const { decision, errorCode } = decideClassicHeartbeat(group, heartbeat, this.parts.clock.steady())
    void this.carryOut(decision)
    return errorCode
  }

  async classicLeave(group: ConsumerGroup, leavers: readonly Leaver[]): Promise<readonly ErrorCode[]> {
    const { decision, errors } = decideClassicLeave(group, leavers)
    return (await this.carryOut(decision)) ? errors : leavers.map(() => ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /** What is wrong with each of the offsets that somebody wants to commit. */
  checkCommit(group: ConsumerGroup, commit: Commit): ErrorCode[] {
    return commitErrors(group, commit, this.parts.topics)
  }

  /** Whether anybody in the group reads a topic of this name. */
  isSubscribed(group: ConsumerGroup, topic: string): boolean {
    return [...group.members.values()].some((member) => isSubscribedTo(member, topic))
  }

  /** A topic came, grew or went: those who subscribe to it should read something else. */
  async topicChanged(name: string): Promise<void> {
    const concerned = [...this.all()].filter((group) => this.isSubscribed(group, name))
    // All in one go: what is decided while one waits for its disk must not be undone.
    await Promise.all(
      concerned.map((group) => {
        const decision = new ConsumerDecision(group)
        decision.bump()
        return this.carryOut(decision)
      }),
    )
  }

  nextDeadline(group: ConsumerGroup): number {
    return nextDeadline(group, this.configOf(group.groupId).sessionTimeoutMs)
  }

  async expire(group: ConsumerGroup): Promise<void> {
    const { sessionTimeoutMs } = this.configOf(group.groupId)
    const decision = new ConsumerDecision(group)
    removeMembers(decision, expiredMembers(group, this.parts.clock.steady(), sessionTimeoutMs))
    await this.carryOut(decision)
  }

  private decide(groupId: string, heartbeat: ConsumerHeartbeat): Partial<Joined> & Pick<Joined, 'answer'> {
    const { store } = this.parts
    const isJoining = heartbeat.memberEpoch === JOIN_EPOCH
    const known = store.findConsumer(groupId)
    const classic = store.find(groupId)
    if (known === undefined && classic !== undefined && classic.state !== 'Empty' && isJoining) {
      const upgraded = joinClassicGroup(classic, heartbeat, this.rules(groupId), this.parts.settings)
      return upgraded ?? notFound(`Group ${groupId} is not a consumer group.`)
    }
    if (known === undefined && !isJoining) {
      const isOther = classic !== undefined
      return notFound(isOther ? `Group ${groupId} is not a consumer group.` : `Consumer group ${groupId} not found.`)
    }
    const group = known ?? newConsumerGroup(groupId, firstEpoch(classic))
    return heartbeat.memberEpoch < JOIN_EPOCH
      ? decideLeave(group, heartbeat)
      : decideHeartbeat(group, heartbeat, this.rules(groupId))
  }

  private rules(groupId: string): HeartbeatRules {
    const { settings, clock, topics } = this.parts
    const { assignmentIntervalMs } = this.configOf(groupId)
    return {
      ...{ now: clock.steady(), topics, assignmentIntervalMs, assignors: assignorNames(settings) },
      maxSize: settings['group.consumer.max.size'],
    }
  }

  /** False when the disk refuses; what has been decided is written as soon as it does not. */
  private async carryOut({ group, records }: ConsumerDecision): Promise<boolean> {
    const { store, alarms } = this.parts
    const { groupId } = group
    const before = store.findConsumer(groupId)
    // In the generation that its members know: that somebody has left makes none of its own.
    if (isDowngrade(before, group) && mayDowngrade(group, this.parts.settings))
      return this.downgrade({ ...group, epoch: before.epoch })
    const isNew = before === undefined
    if (isNew && records.length === 0) return true
    const epoch = firstEpoch(store.find(groupId))
    const started = isNew ? [{ type: 'ConsumerGroupStarted', groupId, epoch } as const] : []
    store.putConsumer(group)
    alarms.set(groupId)
    try {
      await alarms.holdWhile(records.length > 0 ? store.append([...started, ...records]) : store.settled())
      return true
    } catch {
      // The log manager has reported the disk; clients retry after the error that they are told.
      return false
    }
  }

  private async downgrade(group: ConsumerGroup): Promise<boolean> {
    const { topics, clock, adopt } = this.parts
    return (await adopt(decideDowngrade(group, topics, clock.steady()))) === undefined
  }
}

const notFound = (errorMessage: string) => ({ answer: { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage } })
