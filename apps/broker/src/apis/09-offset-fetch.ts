import { ErrorCode, offsetFetch } from '#libs/kafka-protocol'
import { isPending } from '../groups/committed-offsets.ts'
import type { Group } from '../groups/group.ts'
import { defineHandler } from '../handler.ts'

/**
 * OffsetFetch: 1-9
 * - An unknown group has no offsets and is no error.
 */
export const handleOffsetFetch = defineHandler({
  api: offsetFetch,
  advertised: { min: 1, max: 9 },
  async handle(request, { broker, apiVersion }) {
    const { requireStable } = request
    if (apiVersion < 8) {
      const group = await broker.groups.committed(request.groupId)
      return { topics: offsetsOf(group, request.topics, requireStable), errorCode: ErrorCode.NONE }
    }
    const groups = []
    for (const { groupId, topics } of request.groups) {
      const group = await broker.groups.committed(groupId)
      groups.push({ groupId, topics: offsetsOf(group, topics, requireStable), errorCode: ErrorCode.NONE })
    }
    return { groups }
  },
})

const NOTHING = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[]

/** With `requireStable`, offsets that an open transaction may still change are refused, so that nothing is read twice. */
function offsetsOf(group: Group | undefined, wanted: Wanted | null, requireStable: boolean) {
  const topics =
    wanted ??
    Array.from(group?.offsets ?? [], ([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }))
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      if (requireStable && group !== undefined && isPending(group.pendingOffsets, name, partitionIndex)) {
        return { partitionIndex, ...NOTHING, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
      }
      const committed = group?.offsets.get(name)?.get(partitionIndex)
      return {
        partitionIndex,
        committedOffset: committed?.offset ?? -1,
        committedLeaderEpoch: committed?.leaderEpoch ?? -1,
        metadata: committed?.metadata ?? '',
        errorCode: ErrorCode.NONE,
      }
    }),
  }))
}
