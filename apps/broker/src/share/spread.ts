/** What each member has, as places in the list of partitions, in order. */
export type Shares = readonly (readonly number[])[]

/**
 * Spreads `count` partitions over members as Kafka's `simple` assignor does: every partition has as many members as it
 * takes for all of them to have one, and none has two more than another. Members keep what they have as far as that
 * allows. At least one member. `before` says what each had, in order, and nothing that is not among the partitions.
 */
export function spread(count: number, before: Shares): Shares {
  const members = before.length
  const sharing = Math.ceil(members / Math.max(1, count))
  const quotaOf = (member: number): number =>
    Math.ceil((sharing * count * (member + 1)) / members) - Math.ceil((sharing * count * member) / members)
  const holders = new Array<number>(count).fill(0)
  const shares = before.map((had, member) => keep(had, quotaOf(member), sharing, holders))
  let unfilled = shares.flatMap((share, member) => (share.size < quotaOf(member) ? [member] : []))
  for (let partition = 0; partition < count; partition++) {
    for (const member of [...unfilled]) {
      if (holders[partition] === sharing) break
      if (shares[member]!.has(partition)) continue
      shares[member]!.add(partition)
      holders[partition]!++
      // Whoever has just got one is the last to get another.
      unfilled = unfilled.filter((other) => other !== member)
      if (shares[member]!.size < quotaOf(member)) unfilled.push(member)
    }
  }
  return shares.map((share) => [...share].sort((a, b) => a - b))
}

/** As much of what it had as is due to it, and of a partition no more than others leave. */
function keep(had: readonly number[], quota: number, sharing: number, holders: number[]): Set<number> {
  const kept = new Set<number>()
  for (const partition of had) {
    if (kept.size === quota) break
    if (holders[partition] === sharing || kept.has(partition)) continue
    kept.add(partition)
    holders[partition]!++
  }
  return kept
}
