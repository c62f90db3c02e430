import { expect, test } from 'vitest'
import { emptyDraft, requestOf, segmentSays } from './draft.ts'

const NOW = Date.parse('2026-11-28T12:00:00Z')

test('what is written becomes what is asked for; values that the template has not are left out', () => {
  const values = { until: ' Sunday ', discount: '', product: 'a mug' }
  expect(requestOf({ ...emptyDraft, values }, NOW)).toEqual({
    request: { template: 'season_sale', values: { until: 'Sunday' }, segment: 'everybody' },
  })
  expect(requestOf({ ...emptyDraft, whom: 'named', named: 'cust-1, cust-2\ncust-3' }, NOW)).toMatchObject({
    request: { segment: { customerIds: ['cust-1', 'cust-2', 'cust-3'] } },
  })
  const lately = { ...emptyDraft, whom: 'lately', days: '2', at: '2026-11-29T08:30' } as const
  expect(requestOf(lately, NOW)).toMatchObject({
    request: { segment: { toldSince: '2026-11-26T12:00:00.000Z' }, at: new Date('2026-11-29T08:30').toISOString() },
  })
})

test.each([
  [{ whom: 'named', named: ' , ' }, 'Name at least one customer'],
  [{ whom: 'lately', days: '0' }, 'Say a number of days up to 3650'],
  [{ whom: 'lately', days: '' }, 'Say a number of days up to 3650'],
  [{ at: 'soon' }, 'That is no time'],
] as const)('%j is told what is wrong', (change, fault) => {
  expect(requestOf({ ...emptyDraft, ...change }, NOW)).toEqual({ fault })
})

test('whom a campaign is for is said in a few words', () => {
  expect(segmentSays('everybody')).toBe('everybody')
  expect(segmentSays({ toldSince: '2026-11-26T12:00:00.000Z' })).toBe('told something since 2026-11-26')
  expect(segmentSays({ customerIds: ['cust-1', 'cust-2'] })).toBe('cust-1 and 1 more')
  expect(segmentSays({ customerIds: ['cust-1'] })).toBe('cust-1')
})
