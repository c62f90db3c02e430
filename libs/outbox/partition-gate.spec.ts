import { beforeEach, expect, test } from 'vitest'
import type { OutboxRecord } from './hand-over.ts'
import { PartitionGate } from './partition-gate.ts'

const row = (topic: string, key: string): OutboxRecord => ({
  id: 1n,
  topic,
  key,
  value: '',
  headers: {},
  insertedMs: 0,
})
const byKey = (topic: string, key: string): string => `${topic}/${key}`
const byTopic = (topic: string): string => topic

let now: number
let gate: PartitionGate
beforeEach(() => {
  now = 1_000
  gate = new PartitionGate(() => now)
})
const passage = (topic: string, key: string, partitionOf = byKey) => gate.passages(partitionOf)(topic, key)

test('a partition that failed is closed until it is due, and open once it took its rows', () => {
  gate.settle(['t/a', 't/b'], new Set(['t/b']), false)
  expect([gate.allOpen, passage('t', 'a'), passage('t', 'b')]).toEqual([false, 'open', 'closed'])
  now += 50
  expect([gate.retryInMs, passage('t', 'b')]).toEqual([0, 'due'])
  gate.settle(['t/b'], new Set(), true)
  expect([gate.allOpen, passage('t', 'b'), gate.retryInMs]).toEqual([true, 'open', Number.POSITIVE_INFINITY])
})

test('it is tried ever more rarely, at last every few seconds', () => {
  const waits = Array.from({ length: 12 }, () => {
    gate.settle(['t/b'], new Set(['t/b']), true)
    const wait = gate.retryInMs
    now += wait
    return wait
  })
  expect(waits[0]).toBeLessThanOrEqual(50)
  expect(waits.at(-1)).toBeGreaterThanOrEqual(2_500)
  expect(waits.at(-1)).toBeLessThanOrEqual(5_000)
})

test('another one that fails meanwhile waits for the next try of all', () => {
  gate.settle(['t/a'], new Set(['t/a']), false)
  const due = gate.retryInMs
  gate.settle(['t/b'], new Set(['t/b']), false)
  expect(gate.retryInMs).toBe(due)
  now += due
  expect([passage('t', 'a'), passage('t', 'b')]).toEqual(['due', 'due'])
})

test('while it is tried nothing is due, and what was not in that try is due behind it', () => {
  gate.settle(['t/a', 't/b'], new Set(['t/a', 't/b']), false)
  now += 50
  gate.retrying()
  expect([gate.retryInMs, passage('t', 'a')]).toEqual([Number.POSITIVE_INFINITY, 'closed'])
  gate.settle(['t/a'], new Set(), true)
  expect([passage('t', 'a'), passage('t', 'b')]).toEqual(['open', 'due'])
  gate.reopen()
  expect(gate.allOpen).toBe(true)
})

test('what is on its way closes its partitions, and its keys wherever they would go now', () => {
  const publishing = {}
  gate.hold(publishing, [row('t', 'a')], byTopic)
  expect([passage('t', 'b', byTopic), passage('u', 'a', byTopic)]).toEqual(['closed', 'open'])
  expect([passage('t', 'a', byKey), passage('t', 'b', byKey)]).toEqual(['closed', 'open'])
  gate.release(publishing)
  expect([gate.allOpen, passage('t', 'a', byTopic)]).toEqual([true, 'open'])
})

test('a question keeps its answers', () => {
  const passages = gate.passages(byKey)
  gate.settle(['t/a'], new Set(['t/a']), false)
  expect([passages('t', 'a'), passage('t', 'a')]).toEqual(['open', 'closed'])
})
