import { ErrorCode, offsetFetch, ZERO_UUID } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { fetchError } from '../consumer-groups/offset-checks.ts'
import { type GroupOffsets, isPending } from '../groups/group-offsets.ts'
import { defineHandler } from '../handler.ts'

const SEVERAL_GROUPS_SINCE = 8
/** Topics are named by id alone. */
const BY_ID_SINCE = 10

/**
 * OffsetFetch: 1-10
 * - An unknown group has no offsets and is no error.
 */
export const handleOffsetFetch = defineHandler({
  api: offsetFetch,
  advertised: { min: 1, max: 10 },
  async handle(request, { broker, apiVersion }) {
    const { requireStable } = request
    const answer = async (groupId: string, wanted: WantedTopics | null) => {
      const offsets = await broker.groups.committed(groupId)
      const topics = (wanted ?? topicsOf(offsets)).flatMap((topic) => {
        const named = apiVersion < BY_ID_SINCE ? topic : withName(broker, topic, wanted === null)
        return named === undefined ? [] : [{ ...named, partitions: partitionsOf(offsets, named, requireStable) }]
      })
      return { topics, errorCode: ErrorCode.NONE }
    }
    if (apiVersion < SEVERAL_GROUPS_SINCE) return answer(request.groupId, request.topics)
    const groups = []
    for (const { groupId, memberId, memberEpoch, topics } of request.groups) {
      const errorCode = fetchError(broker.groups.consumer.find(groupId), memberId, memberEpoch)
      const found = errorCode === ErrorCode.NONE ? await answer(groupId, topics) : { topics: [], errorCode }
      groups.push({ groupId, ...found })
    }
    return { groups }
  },
})

interface WantedTopic {
  readonly name: string
  readonly topicId?: string
  readonly partitionIndexes: readonly number[]
}
type WantedTopics = readonly WantedTopic[]

const topicsOf = ({ committed }: GroupOffsets): WantedTopics =>
  Array.from(committed, ([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }))

/** With the name that belongs to the id, which is empty where there is none; `isFound`: it is the name that is known. */
function withName(broker: Broker, topic: WantedTopic, isFound: boolean): WantedTopic | undefined {
  if (!isFound) return { ...topic, name: broker.readable.findById(topic.topicId ?? ZERO_UUID)?.name ?? '' }
  const known = broker.readable.find(topic.name)
  return known === undefined ? undefined : { ...topic, topicId: known.topicId }
}

const NOTHING = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' }

/** With `requireStable`, offsets that an open transaction may still change are refused, so that nothing is read twice. */
function partitionsOf(offsets: GroupOffsets, { name, partitionIndexes }: WantedTopic, requireStable: boolean) {
  return partitionIndexes.map((partitionIndex) => {
    if (name === '') return { partitionIndex, ...NOTHING, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }
    if (requireStable && isPending(offsets, name, partitionIndex)) {
      return { partitionIndex, ...NOTHING, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT }
    }
    const committed = offsets.committed.get(name)?.get(partitionIndex)
    return {
      partitionIndex,
      committedOffset: committed?.offset ?? -1,
      committedLeaderEpoch: committed?.leaderEpoch ?? -1,
      metadata: committed?.metadata ?? '',
      errorCode: ErrorCode.NONE,
    }
  })
}
