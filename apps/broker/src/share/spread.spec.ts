import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Shares, spread } from './spread.ts'

const nobodyHas = (members: number): Shares => Array.from({ length: members }, () => [])

test.each([
  [2, nobodyHas(1), [[0, 1]]],
  [4, nobodyHas(3), [[0, 3], [1], [2]]],
  [1, nobodyHas(3), [[0], [0], [0]]],
  [0, nobodyHas(2), [[], []]],
  // One who joins takes from those who have most, and what they keep is what they had.
  [4, [[0, 2], [1, 3], []], [[0, 2], [1], [3]]],
  // One has left: what it had goes to the others.
  [
    4,
    [[0, 1], [2]],
    [
      [0, 1],
      [2, 3],
    ],
  ],
])('%i partitions over %j become %j', (count, before, after) => expect(spread(count, before)).toEqual(after))

const histories = fc.record({
  partitions: fc.integer({ min: 1, max: 12 }),
  /** Who is there, one time after the other. */
  turns: fc.array(fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 6 }),
})

test('whoever comes and goes: everything is read, evenly, and nothing moves without need', () => {
  fc.assert(
    fc.property(histories, ({ partitions, turns }) => {
      let had = new Map<number, readonly number[]>()
      for (const turn of turns) {
        const members = [...turn].sort((a, b) => a - b)
        const before = members.map((member) => had.get(member) ?? [])
        const after = spread(partitions, before)
        const sharing = Math.ceil(members.length / partitions)
        for (let at = 0; at < partitions; at++) {
          const readers = after.filter((share) => share.includes(at)).length
          expect(readers).toBeGreaterThan(0)
          expect(readers).toBeLessThanOrEqual(sharing)
        }
        const most = Math.ceil((sharing * partitions) / members.length)
        for (const [i, share] of after.entries()) {
          expect(share.length).toBeLessThanOrEqual(most)
          if (members.length >= partitions) expect(share.length).toBeGreaterThan(0)
          // Who has room for more has lost nothing.
          const lost = before[i]!.filter((at) => !share.includes(at))
          if (lost.length > 0) expect(share.length).toBeGreaterThanOrEqual(Math.min(before[i]!.length, most - 1))
        }
        expect(spread(partitions, after)).toEqual(after)
        had = new Map(members.map((member, i) => [member, after[i]!]))
      }
    }),
  )
})
