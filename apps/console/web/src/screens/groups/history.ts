import type { Group } from '../../server/types.ts'

/** How far behind a group was at one moment. Milliseconds since 1970. */
export interface Sample {
  readonly at: number
  readonly total: number
  /** By `topic/partition`. */
  readonly lags: ReadonlyMap<string, number>
}

/** What a rebalance did: who came and went, and which partitions went to whom. */
export interface Rebalance {
  readonly at: number
  readonly joined: readonly string[]
  readonly left: readonly string[]
  readonly moved: readonly {
    readonly place: string
    readonly from: string | undefined
    readonly to: string | undefined
  }[]
}

/** What this page has seen of a group since it was opened. */
export interface GroupHistory {
  readonly samples: readonly Sample[]
  /** The last one first. */
  readonly rebalances: readonly Rebalance[]
  /** As of the last moment at which the group was settled: `topic/partition` → member. */
  readonly owners: ReadonlyMap<string, string> | undefined
}

/** Half an hour, at one look each five seconds. */
const MOST_SAMPLES = 360
const MOST_REBALANCES = 20
/** In between it shares its partitions anew, and nobody owns any. */
const SETTLED = new Set(['Stable', 'Empty'])

export const noted = (before: GroupHistory | undefined, group: Group, at: number): GroupHistory => {
  const lags = new Map(group.partitions.map(({ topic, partition, lag }) => [`${topic}/${partition}`, lag]))
  const samples = [...(before?.samples ?? []), { at, total: group.lag, lags }].slice(-MOST_SAMPLES)
  const rebalances = before?.rebalances ?? []
  // In a share group a partition is nobody's own.
  if (group.type === 'share' || !SETTLED.has(group.state)) return { samples, rebalances, owners: before?.owners }
  const owners = ownersIn(group)
  const rebalance = before?.owners && difference(before.owners, owners, at)
  return { samples, owners, rebalances: rebalance ? [rebalance, ...rebalances].slice(0, MOST_REBALANCES) : rebalances }
}

const ownersIn = ({ members }: Group): Map<string, string> =>
  new Map(
    members.flatMap(({ memberId, assignment }) =>
      Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => [`${topic}/${partition}`, memberId] as const),
      ),
    ),
  )

/** Undefined where every partition is with whom it was before. */
const difference = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  at: number,
): Rebalance | undefined => {
  const places = [...new Set([...before.keys(), ...after.keys()])].sort()
  const moved = places
    .map((place) => ({ place, from: before.get(place), to: after.get(place) }))
    .filter(({ from, to }) => from !== to)
  if (moved.length === 0) return undefined
  const [then, now] = [new Set(before.values()), new Set(after.values())]
  return {
    ...{ at, moved },
    joined: [...now].filter((member) => !then.has(member)),
    left: [...then].filter((member) => !now.has(member)),
  }
}
