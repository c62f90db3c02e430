import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { Distinct } from './distinct.ts'
import { fingerprint } from './fingerprint.ts'
import { FingerprintSet } from './fingerprint-set.ts'

const id = (text: string) => fingerprint(text, { high: 0, low: 0 })

test('a set of fingerprints is a set', () => {
  const halves = fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 77)
  const given = fc.array(fc.oneof(fc.record({ high: halves, low: halves }), fc.string().map(id)), { maxLength: 300 })
  fc.assert(
    fc.property(
      given,
      asManyAsFitNow((all) => {
        const [set, model] = [new FingerprintSet(), new Set<string>()]
        for (const each of all) {
          expect(set.add(each)).toBe(!model.has(`${each.high}/${each.low}`))
          model.add(`${each.high}/${each.low}`)
          expect(set.size).toBe(model.size)
        }
      }),
    ),
  )
})

test('different texts have different fingerprints', () => {
  const seen = new FingerprintSet()
  for (let n = 0; n < 300_000; n++) seen.add(id(`event-${n}`))
  expect(seen.size).toBe(300_000)
})

test('an event passes once for as long as its time is remembered', () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    time: fc.nat({ max: 60 }),
    forget: fc.nat({ max: 60 }),
  })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      asManyAsFitNow((steps) => {
        const [distinct, model] = [new Distinct(10), new Map<string, number>()]
        let forgotten = 0
        for (const { name, time, forget } of steps) {
          if (time >= forgotten) {
            const event = `${name}@${time}`
            expect(distinct.isNew(id(event), time)).toBe(!model.has(event))
            model.set(event, time)
          }
          forgotten = Math.max(forgotten, forget)
          distinct.forgetBefore(forgotten)
          for (const [event, at] of model) if (at - (at % 10) + 10 <= forgotten) model.delete(event)
          expect(distinct.size).toBe(model.size)
        }
      }),
    ),
  )
})
