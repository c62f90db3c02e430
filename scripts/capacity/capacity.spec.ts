import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capacityFor, type Demand } from './capacity.ts'
import type { Constants } from './constants.ts'

const constants: Constants = {
  measuredAt: '2026-11-28T00:00:00.000Z',
  command: 'by hand',
  machine: 'none',
  orders: 1_000,
  ordersPerSecond: 100,
  processorMs: { order: 2, query: 0.5, postgres: 3, broker: 0.4, simulators: 9, bench: 9, supervisor: 0.01 },
  memoryMb: { order: 200, query: 100, postgres: 300, broker: 100, simulators: 500, supervisor: 50 },
  messages: { written: 20, read: 50 },
  events: { order: 20 },
  rowBytes: { 'order.events': 10_000, 'order.inbox': 1_000, 'order.idempotency_keys': 500, 'order.outbox': 700 },
  topicBytes: { orders: 1_000, 'payment-commands': 100 },
  network: { brokerIn: 5_000, brokerOut: 12_000, all: 50_000 },
}
const demand: Demand = {
  ...{ ordersPerSecond: 100, retentionDays: 30, peak: 1, utilisation: 0.5, replicas: 1 },
  node: { cores: 4, memoryGb: 16, diskGb: 1_000 },
}

describe('capacity', () => {
  test('is what an order takes, times the orders', () => {
    const found = capacityFor(demand, constants)
    // (2 + 0.5 + 3 + 0.4 + 0.01) ms × 100/s, each core half used.
    expect(found.cores).toBeCloseTo(1.182)
    expect(found.processes).toEqual({ order: 1, query: 1, supervisor: 1 })
    expect(found.memoryGb).toBeCloseTo(0.75)
    expect(found.networkMbit).toBeCloseTo(40)
    // 8.64 million orders a day: events for 30 days, claims for 15, keys for one, facts for 30, commands for 14.
    const gb = 8.64e6 * (10_000 * 30 + 1_000 * 15 + 500 * 1 + 1_000 * 30 + 100 * 14)
    expect(found.diskGb).toBeCloseTo((gb / 1e9 + 1) / 0.5)
    expect(found.nodes).toBe(Math.ceil(found.diskGb / 1_000))
    expect(found.partitions).toBe(6)
    expect(found.bundledBrokerCarries).toBe(true)
    expect(found).not.toHaveProperty('costPerMonth')
  })

  test('needs more processes, and partitions for them, than one thread carries', () => {
    const found = capacityFor({ ...demand, ordersPerSecond: 2_000 }, constants)
    expect(found.processes).toMatchObject({ order: 8, query: 2, supervisor: 1 })
    expect(found.partitions).toBe(8)
    expect(found.bundledBrokerCarries).toBe(false)
  })

  test('has every replica of a record, and a node for each', () => {
    const one = capacityFor({ ...demand, retentionDays: 1 }, constants)
    const three = capacityFor({ ...demand, retentionDays: 1, replicas: 3 }, constants)
    expect(three.diskGb - one.diskGb).toBeCloseTo((2 * 1_100 * 8.64e6) / 1e9 / 0.5)
    expect(three.nodes).toBe(3)
    expect(three.networkMbit).toBeGreaterThan(one.networkMbit)
  })

  test('costs what its nodes cost', () => {
    const { nodes, ...found } = capacityFor({ ...demand, prices: { core: 10, memoryGb: 2, diskGb: 0.1 } }, constants)
    expect(found.costPerMonth).toBeCloseTo(nodes * (40 + 32 + 100))
    expect(found.costPer1000Orders).toBeCloseTo(found.costPerMonth! / 259_200)
  })

  test('never falls when more is asked for', () => {
    const some = fc.double({ min: 0.1, max: 10_000, noNaN: true })
    fc.assert(
      fc.property(some, some, fc.double({ min: 1, max: 10, noNaN: true }), (a, b, peak) => {
        const less = capacityFor({ ...demand, ordersPerSecond: Math.min(a, b), peak }, constants)
        const more = capacityFor({ ...demand, ordersPerSecond: Math.max(a, b), peak }, constants)
        for (const key of ['cores', 'memoryGb', 'diskGb', 'networkMbit', 'partitions', 'nodes'] as const)
          expect(more[key]).toBeGreaterThanOrEqual(less[key])
      }),
    )
  })

  test.each([
    ['ordersPerSecond', 0],
    ['retentionDays', Number.NaN],
    ['peak', 0.5],
    ['utilisation', 1.5],
    ['replicas', 1.5],
  ])('says what makes no sense: %s %d', (key, value) => {
    expect(() => capacityFor({ ...demand, [key]: value }, constants)).toThrow(RangeError)
  })
})
