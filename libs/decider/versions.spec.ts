import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Evolution,
  foldStored,
  readableVersions,
  replay,
  type StateVersions,
  todaysState,
  versionOf,
} from './versions.ts'

/** An account whose events were changed twice: a payment once had no amount of its own, then one in whole euros. */
type Event = { type: 'Billed'; data: { cents: number } } | { type: 'Paid'; data: { cents: number } }
const account: Evolution<{ billed: number; paid: number }, Event> = {
  initial: { billed: 0, paid: 0 },
  evolve: (state, { type, data }) =>
    type === 'Billed' ? { ...state, billed: data.cents } : { ...state, paid: state.paid + data.cents },
  upcast: {
    Paid: [
      (_: object, before) => ({ euros: before.billed / 100 }),
      ({ euros }: { euros: number }) => ({ cents: euros * 100 }),
    ],
  },
}
const billed = { type: 'Billed', data: { cents: 700 }, dataVersion: 1 }

describe('an event of any version', () => {
  test.each([
    ['1, whose amount the bill has', { type: 'Paid', data: {}, dataVersion: 1 }],
    ['2, which has it in euros', { type: 'Paid', data: { euros: 7 }, dataVersion: 2 }],
    ['3, as it is written today', { type: 'Paid', data: { cents: 700 }, dataVersion: 3 }],
  ])('%s, is what it is today', (_, paid) => {
    expect(foldStored(account, [billed, paid])).toEqual({ billed: 700, paid: 700 })
    expect([...replay(account, [billed, paid])].at(-1)).toEqual({
      event: { ...paid, data: { cents: 700 } },
      state: { billed: 700, paid: 700 },
    })
  })

  test('that newer code wrote is a fault, not a guess', () => {
    expect(() => foldStored(account, [billed, { type: 'Paid', data: {}, dataVersion: 4 }])).toThrow(/known are 1 to 3/)
    expect(() => foldStored(account, [{ ...billed, dataVersion: 2 }])).toThrow(/written by a newer version/)
  })

  test('is written in the newest', () => {
    expect([versionOf(account, 'Billed'), versionOf(account, 'Paid')]).toEqual([1, 3])
  })
})

describe('a state that was kept', () => {
  const shapes: StateVersions = { version: 4, upcast: { 3: (sum: number) => ({ sum }), 1: () => 'never reached' } }

  test('is today’s where steps lead here, and ignored where one is missing', () => {
    expect(todaysState(shapes, { sum: 1 }, 4)).toEqual({ sum: 1 })
    expect(todaysState(shapes, 1, 3)).toEqual({ sum: 1 })
    for (const version of [1, 2, 5]) expect(todaysState(shapes, 1, version)).toBeUndefined()
  })

  test('is looked for in exactly the versions that can be read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.uniqueArray(fc.integer({ min: 1, max: 5 })), (version, from) => {
        const upcast = Object.fromEntries(from.map((at) => [at, (state: number) => state]))
        const readable = [1, 2, 3, 4, 5, 6, 7].filter((at) => todaysState({ version, upcast }, 0, at) !== undefined)
        expect(readableVersions({ version, upcast }).sort()).toEqual(readable)
      }),
    )
  })
})
