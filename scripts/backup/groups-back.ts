import type { GroupPosition, TopicPosition } from '#libs/messaging'

/** Its offsets are part of the transactions that its results are in: they are right as the broker's files have them. */
export const isTransactional = (groupId: string): boolean => groupId.endsWith('-stream')

/**
 * Where every group is to go on: where it stood `then`, before the databases were copied. A partition in which it had no
 * position then, but has one `now`, it reads from the beginning: the databases may know nothing of what it has read there, and
 * a new message may get an offset that it has behind it.
 */
export const groupsBack = (then: readonly GroupPosition[], now: readonly GroupPosition[]): GroupPosition[] => {
  const named = new Map(now.filter(({ groupId }) => !isTransactional(groupId)).map((group) => [group.groupId, group]))
  const since = [...named.values()].map((group) => ({ ...group, at: group.at.map(toBeginning) }))
  const stood = then.map((group) => ({ ...group, at: withOthers(group.at, named.get(group.groupId)?.at ?? []) }))
  return [...stood, ...since.filter(({ groupId }) => !then.some((group) => group.groupId === groupId))]
}

/** The partitions that only `now` has, at their beginnings. */
const withOthers = (then: readonly TopicPosition[], now: readonly TopicPosition[]): TopicPosition[] => {
  const known = new Set(then.map(nameOf))
  return [...then, ...now.filter((position) => !known.has(nameOf(position))).map(toBeginning)]
}

/** Or the first record that is still there. */
const toBeginning = (position: TopicPosition): TopicPosition => ({ ...position, offset: 0 })

const nameOf = ({ topic, partition }: TopicPosition): string => `${topic}/${partition}`
