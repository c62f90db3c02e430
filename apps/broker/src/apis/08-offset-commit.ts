import { ErrorCode, offsetCommit } from '#libs/kafka-protocol'
import { commitOffsets } from '../groups/offset-commits.ts'
import { defineHandler } from '../handler.ts'

/** Topics are named by id alone. */
const BY_ID_SINCE = 10

/**
 * OffsetCommit: 2-10
 * - The retention time of versions 2-4 is ignored: `offsets.retention.minutes` holds for all.
 */
export const handleOffsetCommit = defineHandler({
  api: offsetCommit,
  advertised: { min: 2, max: 10 },
  async handle(request, { broker, apiVersion }) {
    const { groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: generation } = request
    const wanted = { topics: request.topics, byId: apiVersion >= BY_ID_SINCE }
    const topics = await commitOffsets(broker, wanted, (offsets) =>
      broker.share.groups.find(groupId) !== undefined
        ? Promise.resolve(offsets.map(() => ErrorCode.GROUP_ID_NOT_FOUND))
        : broker.groups.commit(groupId, { memberId, instanceId, generation, offsets, apiVersion }),
    )
    return { topics }
  },
})
