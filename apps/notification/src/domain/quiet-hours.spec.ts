import { expect, test } from 'vitest'
import { quietUntil } from './quiet-hours.ts'

const night = { from: '22:00', to: '07:00' }
const until = (now: string, hours = night, zone = 'Europe/Berlin') =>
  quietUntil(new Date(now), hours, zone)?.toISOString()

test.each([
  ['before the night', '2026-11-28T20:59:59Z', undefined],
  ['when it begins', '2026-11-28T21:00:00Z', '2026-11-29T06:00:00.000Z'],
  ['after midnight', '2026-11-29T03:20:31Z', '2026-11-29T06:00:00.000Z'],
  ['when it ends', '2026-11-29T06:00:00Z', undefined],
  ['the night in which the clock is put back', '2026-10-24T21:30:00Z', '2026-10-25T06:00:00.000Z'],
  ['the night in which it is put forward', '2026-03-28T22:30:00Z', '2026-03-29T05:00:00.000Z'],
])('quiet hours over midnight: %s', (_, now, end) => expect(until(now)).toBe(end))

test('quiet hours are those of the zone, of the day too, and none where they begin as they end', () => {
  const noon = { from: '12:00', to: '14:30' }
  expect(until('2026-11-28T12:30:00Z', noon, 'Europe/London')).toBe('2026-11-28T14:30:00.000Z')
  expect(until('2026-11-28T12:30:00Z', noon, 'Asia/Kolkata')).toBeUndefined()
  expect(until('2026-11-28T07:00:00Z', noon, 'Asia/Kolkata')).toBe('2026-11-28T09:00:00.000Z')
  expect(until('2026-11-28T12:00:00Z', { from: '12:00', to: '12:00' }, 'Europe/London')).toBeUndefined()
})
