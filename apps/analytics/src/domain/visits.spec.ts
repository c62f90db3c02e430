import { expect, test } from 'vitest'
import type { ShopEvent } from '#libs/contracts'
import { Visits } from './visits.ts'

const [SECOND, MINUTE] = [1_000, 60_000]
const BEGIN = Date.UTC(2026, 10, 28)
/** From the end of a visit's last second until it is over. */
const OVER = 5 * MINUTE + MINUTE + SECOND

const view = (seconds: number, more: object = {}): ShopEvent => ({
  ...{ type: 'view', id: `e-${seconds}`, time: BEGIN + seconds * SECOND, session: 's-1' },
  ...{ country: 'DE', device: 'app', sku: 'A' },
  ...more,
})

test('the visits of a second are told together, once nothing can belong to them', () => {
  const visits = new Visits()
  for (const event of [view(10), view(70.2), view(70.9, { session: 's-2' })]) visits.add(event, event.time)
  // Ten entries each of the limit on state.
  expect(visits.entries).toBe(20)
  expect(visits.close(BEGIN + 71 * SECOND + OVER - 1)).toEqual([])
  expect(visits.close(BEGIN + 71 * SECOND + OVER)).toEqual([
    { start: BEGIN + 10 * SECOND, end: BEGIN + 70_200, pages: 2, country: 'DE', device: 'app' },
    { start: BEGIN + 70_900, end: BEGIN + 70_900, pages: 1, country: 'DE', device: 'app' },
  ])
  expect(visits.entries).toBe(0)
})

test('a visit is of where its first event is, in whichever order they come; what saw no page is no visit', () => {
  const events = [
    view(0, { country: 'FR' }),
    view(0, { country: 'AT', device: 'mobile' }),
    view(240),
    view(480, { type: 'search', query: 'mug', results: 1 }),
    view(490, { type: 'basket', change: 1, sku: 'A' }),
    view(100, { type: 'checkout', session: 'order-1', currency: 'EUR', lines: [] }),
  ]
  const told = [events, events.toReversed(), [events[3]!, ...events.slice(0, 2), ...events.slice(4), events[2]!]].map(
    (order) => {
      const visits = new Visits()
      for (const event of order) visits.add(event, BEGIN)
      return visits.close(BEGIN + 3_600_000)
    },
  )
  const visit = { start: BEGIN, end: BEGIN + 490 * SECOND, pages: 4, country: 'AT', device: 'mobile' }
  expect(told).toEqual([[visit], [visit], [visit]])
})

test('a visit of hours is whole after a restart, though what was written of its beginning is forgotten', () => {
  const changelog = new Map<string, string>()
  let visits = new Visits()
  let most = 0
  for (let minute = 0; minute <= 180; minute += 2) {
    const event = view(minute * 60)
    visits.add(event, event.time)
    expect(visits.close(event.time)).toEqual([])
    for (const { key, value } of visits.flush(event.time)) {
      changelog.delete(key)
      if (value !== null) changelog.set(key, value)
    }
    most = Math.max(most, changelog.size)
    if (minute % 30 > 0) continue
    visits = new Visits()
    for (const [key, value] of changelog) visits.restore({ key, value })
  }
  expect(most).toBeLessThanOrEqual(4)
  expect(visits.close(BEGIN + 300 * MINUTE)).toEqual([
    { start: BEGIN, end: BEGIN + 180 * MINUTE, pages: 91, country: 'DE', device: 'app' },
  ])
})

test('what was told before a restart is not told again', () => {
  const changelog = new Map<string, string | null>()
  const visits = new Visits()
  const [first, second] = [view(0), view(200, { session: 's-2' })]
  for (const event of [first, second]) visits.add(event, event.time)
  const now = first.time + SECOND + OVER
  for (const { key, value } of visits.flush(second.time)) changelog.set(key, value)
  expect(visits.close(now)).toHaveLength(1)
  for (const { key, value } of visits.flush(now)) changelog.set(key, value)
  const restored = new Visits()
  for (const [key, value] of changelog) restored.restore({ key, value })
  restored.forgetTold(now)
  expect(restored.close(now + 300 * MINUTE)).toMatchObject([{ start: second.time, end: second.time }])
})
