import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Problem } from '#libs/http'
import { parseEvents } from './parse-events.ts'

const NOW = Date.UTC(2026, 10, 25)
const view = { type: 'view', id: 'e-1', time: NOW, session: 's-1', country: 'DE', device: 'app', sku: 'A' }

test('an array and NDJSON say the same', () => {
  const events = [view, { ...view, id: 'e-2', time: NOW - 5 }]
  const expected = { events, rejected: [] }
  expect(parseEvents(JSON.stringify(events), false, NOW)).toEqual(expected)
  expect(parseEvents(events.map((one) => `${JSON.stringify(one)}\r\n\n`).join(''), true, NOW)).toEqual(expected)
})

test('an instant may be a text', () => {
  const { events } = parseEvents(JSON.stringify([{ ...view, time: '2026-11-25T01:00:00+01:00' }]), false, NOW)
  expect(events).toEqual([view])
})

test('what is no event is said by its place, and the others are taken', () => {
  const lines = [
    JSON.stringify(view),
    '{',
    '7',
    JSON.stringify({ ...view, sku: '?' }),
    JSON.stringify({ ...view, id: 'e-2' }),
  ]
  const { events, rejected } = parseEvents(lines.join('\n'), true, NOW)
  expect(events.map(({ id }) => id)).toEqual(['e-1', 'e-2'])
  expect(rejected.map(({ index }) => index)).toEqual([1, 2, 3])
  expect(rejected[2]!.detail).toMatch(/^\/sku /)
})

test.each([
  [NOW + 25 * 3_600_000, 'ahead'],
  [NOW - 31 * 24 * 3_600_000, 'ago'],
])('the time %i is refused', (time, why) => {
  expect(parseEvents(JSON.stringify([{ ...view, time }]), false, NOW).rejected[0]!.detail).toMatch(why)
})

test.each([true, false])('no more than a thousand at once, and no list is no list (NDJSON %s)', (isNdjson) => {
  const most = Array.from({ length: 1_000 }, () => view)
  const body = (events: unknown[]) =>
    isNdjson ? events.map((one) => JSON.stringify(one)).join('\n') : JSON.stringify(events)
  expect(parseEvents(body(most), isNdjson, NOW).events).toHaveLength(1_000)
  expect(() => parseEvents(body([...most, view]), isNdjson, NOW)).toThrow('1000 events')
  expect(() => parseEvents('{}', false, NOW)).toThrow('array')
  expect(() => parseEvents('[', false, NOW)).toThrow('not JSON')
})

test('whatever is sent, the answer is events, reasons or a problem', () => {
  const anything = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(fc.oneof(fc.constant(view), fc.anything())).map((it) => JSON.stringify(it, noBigInt)),
  )
  fc.assert(
    fc.property(anything, fc.boolean(), (body, isNdjson) => {
      try {
        const { events, rejected } = parseEvents(body, isNdjson, NOW)
        expect(events.length + rejected.length).toBeLessThanOrEqual(1_000)
      } catch (error) {
        expect(error).toBeInstanceOf(Problem)
      }
    }),
  )
})
const noBigInt = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
