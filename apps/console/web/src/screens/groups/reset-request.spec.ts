import { expect, test } from 'vitest'
import { effectOf, type ResetForm, requestOf } from './reset-request.ts'

const form: ResetForm = { topic: 'orders', partition: '', target: 'earliest', offset: '', time: '' }

test.each<[Partial<ResetForm>, unknown]>([
  [{}, { topic: 'orders', to: 'earliest' }],
  [
    { partition: '2', target: 'latest' },
    { topic: 'orders', partitions: [2], to: 'latest' },
  ],
  [
    { target: 'offset', offset: '12' },
    { topic: 'orders', to: { offset: 12 } },
  ],
  [
    { target: 'time', time: '2026-11-27T20:00:00Z' },
    { topic: 'orders', to: { at: '2026-11-27T20:00:00.000Z' } },
  ],
  [
    { partition: '2', target: 'forgotten' },
    { topic: 'orders', to: 'forgotten' },
  ],
  [{ target: 'offset', offset: 'twelve' }, undefined],
  [{ target: 'time' }, undefined],
  [{ topic: '' }, undefined],
])('%o asks for %o', (part, request) => expect(requestOf({ ...form, ...part })).toEqual(request))

test.each([
  [{ from: 10, to: 4 }, '6 come again'],
  [{ from: 4, to: 10 }, '6 are passed over'],
  [{ from: 4, to: 4 }, 'stays where it is'],
  [{ from: null, to: 3 }, '1 are passed over'],
  [{ from: 7, to: null }, 'begins anew, as the group is set'],
  [{ from: null, to: null }, 'nothing to forget'],
])('%o: %s', (move, words) => {
  expect(effectOf({ partition: 0, earliest: 2, latest: 20, ...move })).toBe(words)
})
