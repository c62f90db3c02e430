import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterCommand, type CampaignCommand, type CampaignState, nextPage } from './campaign.ts'

const now = new Date('2026-11-28T12:00:00Z')
const [before, later] = [new Date('2026-11-28T11:00:00Z'), new Date('2026-11-28T13:00:00Z')]

test.each<[CampaignState, CampaignCommand, Date, CampaignState | undefined]>([
  ['running', 'pause', before, 'paused'],
  ['scheduled', 'pause', later, 'paused'],
  ['paused', 'resume', before, 'running'],
  ['paused', 'resume', later, 'scheduled'],
  ['paused', 'cancel', before, 'cancelled'],
  ['running', 'cancel', before, 'cancelled'],
  ['running', 'resume', before, undefined],
  ['paused', 'pause', before, undefined],
  ['completed', 'cancel', before, undefined],
  ['cancelled', 'resume', before, undefined],
])('%s, asked to %s: %s', (state, command, at, expected) => {
  const after = afterCommand(state, command, { at, now })
  if (expected === undefined) expect(after).toMatchObject({ refused: 'not_possible_now' })
  else expect(after).toBe(expected)
})

test('what is cancelled or completed stays so, whatever is asked', () => {
  const commands = fc.array(fc.constantFrom<CampaignCommand>('pause', 'resume', 'cancel'))
  fc.assert(
    fc.property(fc.constantFrom<CampaignState>('cancelled', 'completed'), commands, (end, asked) => {
      for (const command of asked) expect(typeof afterCommand(end, command, { at: before, now })).toBe('object')
    }),
  )
})

test('no more are under way than the window, and everybody is told in the end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000 }), fc.infiniteStream(fc.nat(150)), (total, ended) => {
      const sizes = { window: 200, page: 100 }
      let [left, underWay, steps] = [total, 0, 0]
      while (left > 0 && steps++ < 10_000) {
        const told = nextPage(left, underWay, sizes)
        left -= told
        underWay += told
        expect(underWay).toBeLessThanOrEqual(sizes.window)
        underWay -= Math.min(underWay, (ended.next().value as number) + 1)
      }
      expect(left).toBe(0)
    }),
    { numRuns: 50 },
  )
})
