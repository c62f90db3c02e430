import type { Topic } from '../../server/types.ts'

export type Partition = Topic['partitions'][number]

/** Nodes that are to have a copy of the partition, and have none that is up to date: they are away, or behind. */
export const outOfSync = ({ replicas, inSync }: Pick<Partition, 'replicas' | 'inSync'>): number[] =>
  replicas.filter((node) => !inSync.includes(node)).sort((a, b) => a - b)

/** The same over all partitions, with how many of them each node lacks. */
export const lacking = (partitions: readonly Partition[]): ReadonlyMap<number, number> => {
  const nodes = partitions.flatMap(outOfSync).sort((a, b) => a - b)
  return new Map([...Map.groupBy(nodes, (node) => node)].map(([node, all]) => [node, all.length]))
}
