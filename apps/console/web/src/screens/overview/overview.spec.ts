import { expect, test } from 'vitest'
import type { StreamMessage } from '../../server/types.ts'
import { calm, figures, heard } from './pulse.ts'
import { lookAt, ratesBetween } from './rates.ts'
import { systemMap } from './system-map.ts'

const topic = (latest: number) => [{ name: 'orders', partitions: [{ latest }, { latest: 5 }] }]

test('rates are what was written between two looks, and nothing is known from one', () => {
  expect(ratesBetween(undefined, lookAt(0, topic(5)))).toEqual(new Map())
  expect(ratesBetween(lookAt(0, topic(5)), lookAt(5_000, topic(25))).get('orders')).toBe(4)
  expect(ratesBetween(lookAt(0, topic(25)), lookAt(5_000, topic(0))).get('orders'), 'made again').toBe(0)
})

const said = (type: string, correlationId: string, at: number) =>
  ({ type, correlationId, time: new Date(at).toISOString() }) as StreamMessage

test('orders per second and how long they took, of the last minute only', () => {
  const pulse = heard(
    calm,
    [said('order.placed', 'a', 0), said('order.placed', 'b', 1_000), said('order.completed', 'a', 2_000)],
    3_000,
  )
  expect(figures(pulse, 3_000)).toEqual({ perSecond: 0.2, completed: 1, p50: 2_000, p99: 2_000 })
  expect(figures(heard(pulse, [], 90_000), 90_000)).toEqual({
    perSecond: 0,
    completed: 0,
    p50: undefined,
    p99: undefined,
  })
})

test('what is wrong stands at the service that has it', () => {
  const { nodes, edges } = systemMap({
    services: { order: { status: 'ok', outboxBacklog: 12 }, payment: { status: 'unreachable' } },
    groups: [
      { groupId: 'payment', partitions: [{ topic: 'payment-commands', lag: 7 }] },
      { groupId: 'somebody-else', partitions: [{ topic: 'payment-commands', lag: 99 }] },
    ],
    parked: [
      { service: 'payment', count: 2 },
      { service: 'payment', count: 1 },
    ],
    stuck: 4,
    rates: new Map([['payments', 2.5]]),
  })
  expect(nodes.find(({ name }) => name === 'payment')).toMatchObject({ status: 'unreachable', parked: 3, tone: 'bad' })
  expect(nodes.find(({ name }) => name === 'order')).toMatchObject({ stuck: 4, backlog: 12, tone: 'bad' })
  expect(nodes.find(({ name }) => name === 'inventory')).toMatchObject({ status: 'unknown', tone: 'idle' })
  expect(edges.find(({ topic }) => topic === 'payment-commands')).toMatchObject({ lag: 7, rate: undefined })
  expect(edges.find(({ topic }) => topic === 'payments')).toMatchObject({ lag: 0, rate: 2.5 })
})
