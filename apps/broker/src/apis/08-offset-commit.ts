import { offsetCommit } from '#libs/kafka-protocol'
import { commitOffsets } from '../groups/offset-commits.ts'
import { defineHandler } from '../handler.ts'

/**
 * OffsetCommit: 2-9
 * - The retention time of versions 2-4 is ignored: `offsets.retention.minutes` holds for all.
 */
export const handleOffsetCommit = defineHandler({
  api: offsetCommit,
  advertised: { min: 2, max: 9 },
  async handle(request, { broker }) {
    const { groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch: generation } = request
    const topics = await commitOffsets(broker, request.topics, (offsets) =>
      broker.groups.commit(groupId, { memberId, instanceId, generation, offsets }),
    )
    return { topics }
  },
})
