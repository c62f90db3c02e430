import { ErrorCode } from '#libs/kafka-protocol'
import type { Settings } from '../config/settings.ts'
import type { Reply } from '../groups/decision.ts'
import type { Group } from '../groups/group.ts'
import type { ConsumerDecision } from './consumer-decision.ts'
import { type ConsumerHeartbeat, decideHeartbeat, type HeartbeatAnswer, type HeartbeatRules } from './heartbeat.ts'
import { decideUpgrade } from './migration.ts'

/** What becomes of a heartbeat that joins a classic group. */
export interface Joined {
  /** Undefined: the group stays what it is. */
  readonly decision: ConsumerDecision | undefined
  readonly answer: HeartbeatAnswer
  readonly replies: readonly Reply[]
}

/** The first member of the consumer protocol takes a classic group along; undefined when that cannot or may not be. */
export function joinClassicGroup(
  classic: Group,
  heartbeat: ConsumerHeartbeat,
  rules: HeartbeatRules,
  settings: Settings,
): Joined | undefined {
  const policy = settings['group.consumer.migration.policy']
  const isAllowed = policy === 'bidirectional' || policy === 'upgrade'
  if (!isAllowed || classic.members.size > rules.maxSize) return undefined
  const upgraded = decideUpgrade(classic, rules.topics)
  if (upgraded === undefined) return undefined
  const { decision, answer } = decideHeartbeat(upgraded.decision.group, heartbeat, rules)
  if (answer.errorCode !== ErrorCode.NONE) return { decision: undefined, answer, replies: [] }
  decision.records.unshift(...upgraded.decision.records)
  return { decision, answer, replies: upgraded.replies }
}
