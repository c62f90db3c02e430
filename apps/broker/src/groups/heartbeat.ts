import { ErrorCode } from '#libs/kafka-protocol'
import { checkMember, Decision } from './decision.ts'
import type { Group } from './group.ts'

export interface Heartbeat {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

/** A sign of life is one even while the group rebalances; the error then tells the member to join again. */
export function decideHeartbeat(
  group: Group,
  heartbeat: Heartbeat,
  now: number,
): { readonly decision: Decision; readonly errorCode: ErrorCode } {
  const decision = new Decision(group)
  const memberError = checkMember(group, heartbeat.memberId, heartbeat.instanceId)
  if (memberError !== ErrorCode.NONE) return { decision, errorCode: memberError }
  if (heartbeat.generation !== group.generation) return { decision, errorCode: ErrorCode.ILLEGAL_GENERATION }
  decision.putMember({ ...group.members.get(heartbeat.memberId)!, lastSeen: now })
  const errorCode = group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  return { decision, errorCode }
}
