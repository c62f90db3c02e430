import { expect, test } from 'vitest'
import { groupsBack } from './groups-back.ts'

const group = (groupId: string, at: Record<string, number>, type: 'classic' | 'share' = 'classic') => ({
  ...{ groupId, type },
  at: Object.entries(at).map(([name, offset]) => {
    const [topic, partition] = name.split('/')
    return { topic: topic!, partition: Number(partition), offset }
  }),
})

test('groups go back to where they stood, and to the beginning of what they have read since', () => {
  const then = [group('notification', { 'orders/1': 5 }), group('gone', { 'orders/1': 3 })]
  const now = [
    group('notification', { 'orders/0': 4, 'orders/1': 9, 'payments/1': 2 }),
    group('query', { 'orders/1': 9 }),
    group('notification.high', { 'notifications-high/0': 7 }, 'share'),
  ]
  expect(groupsBack(then, now)).toEqual([
    group('notification', { 'orders/1': 5, 'orders/0': 0, 'payments/1': 0 }),
    group('gone', { 'orders/1': 3 }),
    group('query', { 'orders/1': 0 }),
    group('notification.high', { 'notifications-high/0': 0 }, 'share'),
  ])
})

test('a group that reads in transactions stays where it is', () => {
  expect(groupsBack([], [group('analytics-stream', { 'shop-events/0': 4 })])).toEqual([])
})
