import { ErrorCode, offsetFetch } from '#libs/kafka-protocol'
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
    if (apiVersion < 8) {
      const group = await broker.groups.committed(request.groupId)
      return { topics: offsetsOf(group, request.topics), errorCode: ErrorCode.NONE }
    }
    const groups = []
    for (const { groupId, topics } of request.groups) {
      const group = await broker.groups.committed(groupId)
      groups.push({ groupId, topics: offsetsOf(group, topics), errorCode: ErrorCode.NONE })
    }
    return { groups }
  },
})

type Wanted = readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[]

function offsetsOf(group: Group | undefined, wanted: Wanted | null) {
  const topics =
    wanted ??
    Array.from(group?.offsets ?? [], ([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }))
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
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
