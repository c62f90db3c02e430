import { expect, test } from 'vitest'
import { channelsFor, DEFAULT_PREFERENCES, fallbackFor, type Preferences } from './preferences.ts'

const preferences: Preferences = {
  locale: 'sv',
  timeZone: 'Europe/Stockholm',
  addresses: { sms: '+46701234567' },
  channels: { default: ['email'], order_shipped: ['sms', 'push'], order_completed: [], order_rejected: ['sms'] },
  fallback: 'email',
}
const gone = { at: '2026-01-01T00:00:00.000Z', to: '+46701234567', reason: 'unknown_recipient' }

test('whoever has said nothing is written to', () => {
  expect(channelsFor(DEFAULT_PREFERENCES, {}, 'order_shipped')).toEqual(['email'])
  expect(channelsFor(DEFAULT_PREFERENCES, { email: gone }, 'order_shipped')).toEqual([])
  expect(fallbackFor(DEFAULT_PREFERENCES, {}, 'email')).toBeUndefined()
})

test('a kind goes out by its channels, as far as there is an address; by none where none is wanted', () => {
  expect(channelsFor(preferences, {}, 'order_confirmed')).toEqual(['email'])
  expect(channelsFor(preferences, {}, 'order_shipped')).toEqual(['sms'])
  expect(channelsFor(preferences, {}, 'order_completed')).toEqual([])
})

test('what is switched off is left out, and where nothing is left the fall-back goes', () => {
  expect(channelsFor(preferences, { sms: gone }, 'order_rejected')).toEqual(['email'])
  expect(channelsFor(preferences, { sms: gone, email: gone }, 'order_rejected')).toEqual([])
  expect(channelsFor(preferences, { sms: gone }, 'order_completed')).toEqual([])
  expect(fallbackFor(preferences, {}, 'sms')).toBe('email')
  expect(fallbackFor(preferences, {}, 'email')).toBeUndefined()
  expect(fallbackFor({ ...preferences, fallback: 'push' }, {}, 'sms')).toBeUndefined()
  expect(fallbackFor(preferences, { email: gone }, 'sms')).toBeUndefined()
})
