import type { StickyMember } from './assign-sticky.ts'

/**
 * Gives each partition's copy to `standbys` members that do not have the partition itself, as many as there are: to those who
 * hold one already, as far as all keep about as many; and those of one owner to different ones, who share them when it is gone. The same for everybody who asks with the same members.
 */
export const assignStandbys = (
  members: readonly StickyMember[],
  assigned: ReadonlyMap<string, readonly number[]>,
  standbys: number,
): Map<string, number[]> => {
  const owners = new Map([...assigned].flatMap(([memberId, mine]) => mine.map((partition) => [partition, memberId])))
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  const copies = new Map<string, number[]>(sorted.map(({ memberId }) => [memberId, []]))
  const count = Math.min(standbys, members.length - 1)
  const most = Math.ceil((owners.size * count) / members.length)
  const load = ({ memberId }: StickyMember) => copies.get(memberId)!.length
  const loadOf = ({ memberId }: StickyMember, owner: string) =>
    copies.get(memberId)!.filter((partition) => owners.get(partition) === owner).length
  for (const [partition, owner] of [...owners].sort(([a], [b]) => a - b)) {
    const others = sorted.filter(({ memberId }) => memberId !== owner)
    const holders = others.filter((member) => member.copies.includes(partition) && load(member) < most)
    const rest = others
      .filter((member) => !holders.includes(member))
      .sort((a, b) => loadOf(a, owner) - loadOf(b, owner) || load(a) - load(b))
    for (const { memberId } of [...holders, ...rest].slice(0, count)) copies.get(memberId)!.push(partition)
  }
  return copies
}
