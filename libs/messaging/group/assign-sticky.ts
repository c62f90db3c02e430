export interface StickyMember {
  readonly memberId: string
  /** What it has had so far, whose state it holds. */
  readonly owned: readonly number[]
  /** Of which it keeps a copy of the state. */
  readonly copies: readonly number[]
}

/**
 * Gives every partition to one member: all have as many, but for one, and whoever has a partition keeps it as far as that
 * allows, since its state would have to be restored elsewhere; what nobody has goes to who keeps a copy of it. The same for everybody who asks with the same members.
 */
export const assignSticky = (members: readonly StickyMember[], partitions: number): Map<string, number[]> => {
  const sorted = members.toSorted((a, b) => b.owned.length - a.owned.length || (a.memberId < b.memberId ? -1 : 1))
  const least = Math.floor(partitions / sorted.length)
  let withOneMore = partitions % sorted.length
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition))
  const assigned = new Map<string, number[]>()
  const quotas = new Map<string, number>()
  for (const { memberId, owned } of sorted) {
    // Those who have the most keep one more.
    const quota = withOneMore-- > 0 ? least + 1 : least
    const kept = owned.filter((partition) => free.has(partition)).slice(0, quota)
    for (const partition of kept) free.delete(partition)
    assigned.set(memberId, kept)
    quotas.set(memberId, quota)
  }
  for (const { memberId, copies } of sorted) {
    const mine = assigned.get(memberId)!
    const taken = copies.filter((partition) => free.has(partition)).slice(0, quotas.get(memberId)! - mine.length)
    for (const partition of taken) free.delete(partition)
    mine.push(...taken)
  }
  const left = [...free]
  for (const [memberId, mine] of assigned) mine.push(...left.splice(0, quotas.get(memberId)! - mine.length))
  return assigned
}
