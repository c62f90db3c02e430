import { ErrorCode } from '#libs/kafka-protocol'
import { Refusal } from './find-member.ts'
import { type ConsumerHeartbeat, JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './heartbeat.ts'

/** Members name themselves since then. */
const OWN_ID_SINCE = 1

/** What is wrong with the request whatever the state of the group, or undefined. */
export function heartbeatProblem(
  groupId: string,
  heartbeat: ConsumerHeartbeat,
  apiVersion: number,
  assignors: readonly string[],
): Refusal | undefined {
  const problem = textOfProblem(groupId, heartbeat, apiVersion)
  if (problem !== undefined) return new Refusal(ErrorCode.INVALID_REQUEST, problem)
  const { serverAssignor } = heartbeat
  if (serverAssignor === null || assignors.includes(serverAssignor)) return undefined
  const errorMessage = `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(', ')}.`
  return new Refusal(ErrorCode.UNSUPPORTED_ASSIGNOR, errorMessage)
}

function textOfProblem(groupId: string, heartbeat: ConsumerHeartbeat, apiVersion: number): string | undefined {
  const { memberId, memberEpoch, instanceId, rackId } = heartbeat
  const mustHaveId = apiVersion >= OWN_ID_SINCE || memberEpoch > JOIN_EPOCH || memberEpoch === LEAVE_EPOCH
  if (mustHaveId && memberId.trim() === '') return "MemberId can't be empty."
  if (groupId.trim() === '') return "GroupId can't be empty."
  if (instanceId?.trim() === '') return "InstanceId can't be empty."
  if (rackId?.trim() === '') return "RackId can't be empty."
  if (memberEpoch === JOIN_EPOCH) return problemOfJoin(heartbeat)
  if (memberEpoch === STATIC_LEAVE_EPOCH) return instanceId === null ? "InstanceId can't be null." : undefined
  return memberEpoch < STATIC_LEAVE_EPOCH ? 'MemberEpoch is invalid.' : undefined
}

function problemOfJoin(heartbeat: ConsumerHeartbeat): string | undefined {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = heartbeat
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (topicPartitions?.length !== 0) return 'TopicPartitions must be empty when (re-)joining.'
  return subscribedTopicNames === null && subscribedTopicRegex === null
    ? 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
    : undefined
}
