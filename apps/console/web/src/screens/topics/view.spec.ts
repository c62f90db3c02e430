import { expect, test } from 'vitest'
import { topicView } from './view.ts'

test.each([
  [{}, {}],
  [
    { topic: 'orders', partition: 2, from: '7', live: 'yes' },
    { topic: 'orders', partition: '2', from: '7' },
  ],
  [{ from: 7 }, {}],
  [{ at: '2026-11-27T20:00:00+01:00' }, { at: '2026-11-27T19:00:00.000Z' }],
  [{ at: 'yesterday', live: 'yes' }, { live: 'yes' }],
  [
    { partition: '0', from: '1', at: '2026-11-27T20:00:00Z' },
    { partition: '0', from: '1' },
  ],
  [
    { record: '3/12', key: 'cust-0001', other: 1 },
    { record: '3/12', key: 'cust-0001' },
  ],
  [{ record: '<script>', live: 'no', partition: -1 }, {}],
])('%o means %o', (search, view) => expect(topicView(search)).toEqual(view))
