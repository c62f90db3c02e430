import { randomUUID } from 'node:crypto'
import { consumerGroupHeartbeat, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { principalText } from '../security/principal.ts'

/** ConsumerGroupHeartbeat: 0-1 */
export const handleConsumerGroupHeartbeat = defineHandler({
  api: consumerGroupHeartbeat,
  advertised: { min: 0, max: 1 },
  async handle(request, { broker, apiVersion, clientId, clientHost, principal }) {
    const { groupId, memberEpoch } = request
    if (broker.share.groups.find(groupId) !== undefined) {
      return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} is not a consumer group.` }
    }
    const { consumer } = broker.groups
    const isUnnamed = apiVersion === 0 && request.memberId === '' && memberEpoch === 0
    const memberId = isUnnamed ? randomUUID() : request.memberId
    // What nothing is decided by need not be written down.
    const subscriber = broker.authorizer === undefined ? {} : { principal: principalText(principal) }
    const answer = await consumer.heartbeat(
      groupId,
      { ...request, memberId, clientId, clientHost, ...subscriber },
      apiVersion,
    )
    if (!('memberEpoch' in answer)) return answer
    const { heartbeatIntervalMs } = consumer.configOf(groupId)
    const assignment = answer.assignment === null ? null : { topicPartitions: answer.assignment }
    return { ...answer, heartbeatIntervalMs: memberEpoch < 0 ? 0 : heartbeatIntervalMs, assignment }
  },
})
