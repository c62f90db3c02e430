import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asManyAsFitNow } from '#libs/testing'
import { fingerprint } from './fingerprint.ts'
import { type StageEvent, Stages } from './stages.ts'

const WITHIN = 20
const [VIEW, BASKET, PURCHASE] = [0, 1, 2]

const event = fc
  .record({
    key: fc.constantFrom('a', 'b', 'c'),
    stage: fc.constantFrom(VIEW, BASKET, PURCHASE),
    time: fc.integer({ min: 1_000, max: 1_120 }),
  })
  .map(({ key, stage, time }) => ({ key, stage, time }))
type Event = { key: string; stage: number; time: number }

const stageEvent = ({ key, stage, time }: Event, tag: number): StageEvent => ({
  ...fingerprint(key, { high: 0, low: 0 }),
  ...{ stage, time, tag },
})

/** By trying every view with every basket. */
const completes = (all: readonly Event[], { key, time }: Event): boolean => {
  const ofKey = all.filter((each) => each.key === key)
  return ofKey.some(
    (basket) =>
      basket.stage === BASKET &&
      basket.time <= time &&
      time - basket.time <= WITHIN &&
      ofKey.some((view) => view.stage === VIEW && view.time <= basket.time && basket.time - view.time <= WITHIN),
  )
}

test('a purchase is completed once if and only if there is a way to it, in whichever order the events come', () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 60 }),
      asManyAsFitNow((events) => {
        const stages = new Stages(3, WITHIN)
        const told = events.flatMap((each, tag) => stages.add(stageEvent(each, tag)))
        const expected = events.flatMap((each, tag) =>
          each.stage === PURCHASE && completes(events, each) ? [{ time: each.time, tag }] : [],
        )
        expect(told.toSorted((a, b) => a.tag - b.tag)).toEqual(expected)
      }),
    ),
    { numRuns: 2_000 },
  )
})

test('what is forgotten could have completed nothing', () => {
  const ordered = fc.array(event, { maxLength: 80 })
  const LATE = 15
  fc.assert(
    fc.property(
      ordered,
      asManyAsFitNow((events) => {
        const [remembering, forgetting] = [new Stages(3, WITHIN), new Stages(3, WITHIN)]
        let watermark = 0
        for (const [tag, each] of events.entries()) {
          if (each.time < watermark - LATE) continue
          expect(forgetting.add(stageEvent(each, tag))).toEqual(remembering.add(stageEvent(each, tag)))
          watermark = Math.max(watermark, each.time)
          forgetting.forgetBefore(watermark - LATE)
        }
        forgetting.forgetBefore(10_000)
        expect(forgetting.size).toBe(0)
      }),
    ),
  )
})
