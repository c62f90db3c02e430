import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type OrderViewFact, timelineHolds, timelineLine } from '../projections/orders/fold.ts'
import { timelineOf } from './order-answer.ts'

const fact = fc.record({
  id: fc.string({ minLength: 1 }),
  type: fc.constantFrom('order.placed', 'payment.captured'),
  time: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
})

test('lines appended in any order are read as what happened, earliest first, none lost', () => {
  fc.assert(
    fc.property(fc.array(fact), (facts) => {
      const timeline = timelineOf(facts.map((one) => timelineLine(one as unknown as OrderViewFact)).join(''))
      expect(timeline.map(({ at }) => at)).toEqual(facts.map(({ time }) => time).sort())
      const ids = (of: readonly { id?: string; messageId?: string }[]) =>
        of.map((one) => one.messageId ?? one.id).sort()
      expect(ids(timeline)).toEqual(ids(facts))
    }),
  )
})

test('it holds the messages that have a line, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fact, { selector: ({ id }) => id, minLength: 1 }), ([other, ...facts]) => {
      const lines = facts.map((one) => timelineLine(one as unknown as OrderViewFact)).join('')
      expect(facts.every(({ id }) => timelineHolds(lines, id))).toBe(true)
      expect(timelineHolds(lines, other!.id)).toBe(false)
    }),
  )
})
