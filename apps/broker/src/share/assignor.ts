import { spread } from './spread.ts'

/** A topic that exists. */
export interface AssignableTopic {
  readonly topicId: string
  readonly partitions: number
}

/** Partitions by topic, in order. */
export type Assignment = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]
export type Assignments = ReadonlyMap<string, Assignment>

export interface Subscriber {
  readonly memberId: string
  /** Names of topics, sorted. */
  readonly topics: readonly string[]
}

export const NO_ASSIGNMENT: Assignment = []

interface Place {
  readonly topicId: string
  readonly partition: number
}

/**
 * Kafka's `simple` assignor (KIP-932): where all subscribe to the same, all partitions are spread over the members, else
 * those of each topic over its subscribers. Members keep what they had `before` as far as that is even.
 */
export function assign(
  members: Iterable<Subscriber>,
  topicOf: (name: string) => AssignableTopic | undefined,
  before: Assignments,
): Assignments {
  const all = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const names = [...new Set(all.flatMap(({ topics }) => topics))].sort()
  const isAlike = all.every(({ topics }) => topics.length === names.length)
  const assigned = new Map(all.map(({ memberId }) => [memberId, [] as Place[]]))
  for (const pool of isAlike ? [names] : names.map((name) => [name])) {
    const subscribers = all.filter(({ topics }) => topics.includes(pool[0]!))
    const places = pool.flatMap((name) => placesOf(topicOf(name)))
    const indexes = new Map(places.map((place, index) => [keyOf(place), index]))
    const had = subscribers.map(({ memberId }) => indexesIn(before.get(memberId) ?? NO_ASSIGNMENT, indexes))
    for (const [i, share] of (subscribers.length > 0 ? spread(places.length, had) : []).entries()) {
      assigned.get(subscribers[i]!.memberId)!.push(...share.map((index) => places[index]!))
    }
  }
  return new Map(Array.from(assigned, ([memberId, places]) => [memberId, byTopic(places)]))
}

const placesOf = (topic: AssignableTopic | undefined): Place[] =>
  Array.from({ length: topic?.partitions ?? 0 }, (_, partition) => ({ topicId: topic!.topicId, partition }))

const indexesIn = (assignment: Assignment, indexes: ReadonlyMap<string, number>): number[] =>
  assignment
    .flatMap(({ topicId, partitions }) => partitions.map((partition) => indexes.get(keyOf({ topicId, partition }))))
    .filter((index) => index !== undefined)

function byTopic(places: readonly Place[]): Assignment {
  const topics: { topicId: string; partitions: number[] }[] = []
  for (const { topicId, partition } of places) {
    const last = topics.at(-1)
    if (last?.topicId === topicId) last.partitions.push(partition)
    else topics.push({ topicId, partitions: [partition] })
  }
  return topics
}

const keyOf = ({ topicId, partition }: Place): string => `${topicId}:${partition}`
