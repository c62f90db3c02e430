import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { assignSticky } from './assign-sticky.ts'
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from './consumer-protocol.ts'

const members = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((memberId) =>
        fc.record({ memberId: fc.constant(memberId), owned: fc.uniqueArray(fc.nat({ max: 35 })) }),
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
  const alone = assignSticky([{ memberId: 'a', owned: [] }], 30)
  const two = assignSticky(
    [
      { memberId: 'a', owned: alone.get('a')! },
      { memberId: 'b', owned: [] },
    ],
    30,
  )
  expect(two.get('a')).toEqual(alone.get('a')!.slice(0, 15))
  const again = assignSticky(
    [
      { memberId: 'a', owned: two.get('a')! },
      { memberId: 'b', owned: two.get('b')! },
    ],
    30,
  )
  expect(again).toEqual(two)
})

test('what members tell each other comes back as it was', () => {
  const partitions = fc.array(fc.nat({ max: 1_000 }))
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z.-]{1,20}$/), partitions, (topic, owned) => {
      expect(readSubscription(writeSubscription({ topic, owned }), topic)).toEqual({ topic, owned })
      expect(readAssignment(writeAssignment(topic, owned), topic)).toEqual(owned)
    }),
  )
})
