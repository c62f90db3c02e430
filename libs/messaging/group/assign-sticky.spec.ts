import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { assignStandbys } from './assign-standbys.ts'
import { assignSticky } from './assign-sticky.ts'
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from './consumer-protocol.ts'

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }).chain((ids) =>
  fc.tuple(
    ...ids.map((memberId) =>
      fc.record({
        ...{ memberId: fc.constant(memberId), owned: fc.uniqueArray(fc.nat({ max: 35 })) },
        copies: fc.uniqueArray(fc.nat({ max: 35 })),
      }),
    ),
  ),
)

test('every partition has one member, all have as many but for one, and who asks again gets the same', () => {
  fc.assert(
    fc.property(
      members,
      fc.nat({ max: 30 }),
      asManyAsFitNow((members, partitions) => {
        const assigned = assignSticky(members, partitions)
        const all = [...assigned.values()].flat().sort((a, b) => a - b)
        expect(all).toEqual(Array.from({ length: partitions }, (_, partition) => partition))
        const counts = members.map(({ memberId }) => assigned.get(memberId)!.length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        expect(assignSticky(members.toReversed(), partitions)).toEqual(assigned)
      }),
    ),
  )
})

test('one who comes or goes moves no more than has to move', () => {
  const alone = assignSticky([{ memberId: 'a', owned: [], copies: [] }], 30)
  const two = assignSticky(
    [
      { memberId: 'a', owned: alone.get('a')!, copies: [] },
      { memberId: 'b', owned: [], copies: [] },
    ],
    30,
  )
  expect(two.get('a')).toEqual(alone.get('a')!.slice(0, 15))
  const again = assignSticky(
    [
      { memberId: 'a', owned: two.get('a')!, copies: [] },
      { memberId: 'b', owned: two.get('b')!, copies: [] },
    ],
    30,
  )
  expect(again).toEqual(two)
})

test('a copy of each partition is with as many others as is asked for, and stays where it is', () => {
  fc.assert(
    fc.property(
      members,
      fc.nat({ max: 30 }),
      fc.nat({ max: 3 }),
      asManyAsFitNow((members, partitions, standbys) => {
        const assigned = assignSticky(members, partitions)
        const copies = assignStandbys(members, assigned, standbys)
        const all = [...copies].flatMap(([memberId, mine]) => mine.map((partition) => ({ memberId, partition })))
        expect(all).toHaveLength(partitions * Math.min(standbys, members.length - 1))
        expect(all.filter(({ memberId, partition }) => assigned.get(memberId)!.includes(partition))).toEqual([])
        expect(new Set(all.map(({ memberId, partition }) => `${memberId}/${partition}`)).size).toBe(all.length)
        const settled = members.map(({ memberId }) => ({
          ...{ memberId, owned: assigned.get(memberId)!, copies: copies.get(memberId)! },
        }))
        if (standbys === 1) expect(assignStandbys(settled, assigned, standbys)).toEqual(copies)
      }),
    ),
  )
})

test('what a dead member had goes to who keeps a copy of it', () => {
  const ids = ['a', 'b', 'c']
  const first = ids.map((memberId) => ({ memberId, owned: [] as number[], copies: [] as number[] }))
  const assigned = assignSticky(first, 30)
  const copies = assignStandbys(first, assigned, 1)
  const left = ['a', 'b'].map((memberId) => ({
    ...{ memberId, owned: assigned.get(memberId)!, copies: copies.get(memberId)! },
  }))
  const after = assignSticky(left, 30)
  const moved = left.map(({ memberId, owned, copies }) => {
    const taken = after.get(memberId)!.filter((partition) => !owned.includes(partition))
    return { taken: taken.length, copied: taken.filter((partition) => copies.includes(partition)).length }
  })
  expect(moved).toEqual([
    { taken: 5, copied: 5 },
    { taken: 5, copied: 5 },
  ])
})

test('what members tell each other comes back as it was', () => {
  const partitions = fc.array(fc.nat({ max: 1_000 }))
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z.-]{1,20}$/), partitions, partitions, (topic, owned, copies) => {
      expect(readSubscription(writeSubscription({ topic, owned, copies }), topic)).toEqual({ topic, owned, copies })
      const shared = { partitions: owned, copies }
      expect(readAssignment(writeAssignment(topic, shared), topic)).toEqual(shared)
    }),
  )
})
