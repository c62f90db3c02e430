import { expect, test } from 'vitest'
import type { Group } from '../../server/types.ts'
import { type GroupHistory, noted } from './history.ts'

const groupOf = (owned: Record<string, number[]>, { state = 'Stable', lag = 0 } = {}): Group => ({
  ...{ groupId: 'payment', type: 'consumer', state, lag },
  members: Object.entries(owned).map(([memberId, partitions]) => ({
    ...{ memberId, clientId: 'payment', host: '/127.0.0.1', assignment: { orders: partitions } },
  })),
  partitions: [{ topic: 'orders', partition: 0, offset: 10 - lag, latest: 10, lag }],
})
const seen = (...groups: Group[]): GroupHistory =>
  groups.reduce<GroupHistory | undefined>((history, group, at) => noted(history, group, at), undefined)!

test('the lag of each look is kept, and of very many the last', () => {
  const { samples } = seen(groupOf({}, { lag: 3 }), groupOf({}, { lag: 7 }))
  expect(samples.map(({ total, lags }) => [total, lags.get('orders/0')])).toEqual([
    [3, 3],
    [7, 7],
  ])
  const many = seen(...Array.from({ length: 400 }, (_, lag) => groupOf({}, { lag })))
  expect(many.samples.length).toBe(360)
  expect(many.samples.at(-1)!.total).toBe(399)
})

test('a rebalance says who came and went and what moved, once it is over', () => {
  const { rebalances } = seen(
    groupOf({ a: [0, 1], b: [2] }),
    groupOf({}, { state: 'PreparingRebalance' }),
    groupOf({ a: [0], c: [1, 2] }),
  )
  expect(rebalances).toEqual([
    {
      ...{ at: 2, joined: ['c'], left: ['b'] },
      moved: [
        { place: 'orders/1', from: 'a', to: 'c' },
        { place: 'orders/2', from: 'b', to: 'c' },
      ],
    },
  ])
})

test('the first look and looks at the same show no rebalance; a group that empties does', () => {
  const same = groupOf({ a: [0] })
  expect(seen(same, same).rebalances).toEqual([])
  expect(seen(same, groupOf({}, { state: 'Empty' })).rebalances).toMatchObject([{ left: ['a'], joined: [] }])
})

test('members that share a partition take it from nobody', () => {
  const share = (...members: string[]): Group => ({
    ...groupOf(Object.fromEntries(members.map((member) => [member, [0]]))),
    type: 'share',
  })
  expect(seen(share('a'), share('a', 'b'), share('b')).rebalances).toEqual([])
})
