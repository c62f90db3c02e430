import { describe, expect, test } from 'vitest'
import { refuse } from '#libs/decider'
import { endingOfAnswer, endingOfFailure } from './ending.ts'
import { backoffMs, priorityQueues, queue } from './queue.ts'
import { scaled } from './scaling.ts'
import { done, later } from './work.ts'

const types = ['payment.capture'] as const
const now = new Date('2026-01-01T00:00:00.000Z')
const after = (ms: number) => new Date(now.getTime() + ms)

describe('a message', () => {
  const mails = queue('mails', { types })

  test('that fails is invisible for twice as long each time, up to a longest time', () => {
    expect([1, 2, 3, 8].map((tries) => backoffMs(mails.backoff, tries) / 1_000)).toEqual([60, 120, 240, 3_600])
    const ending = endingOfFailure(new Error('no'), mails, 1, now)
    expect(ending).toEqual({ kind: 'delayed', delay: { at: after(120_000), attempts: 2, error: 'Error: no' } })
  })

  test('that fails the last time is dead, and holds back nobody', () => {
    expect(endingOfFailure(new Error('no'), mails, 2, now)).toMatchObject({
      kind: 'dead',
      verdict: { status: 'dead', reason: 'handler_failed', attempts: 3, blocksKey: false },
    })
  })

  test('ends as its handler says', () => {
    const record = () => undefined
    expect(endingOfAnswer(undefined, 0)).toEqual({ kind: 'done' })
    expect(endingOfAnswer(done(record), 0)).toEqual({ kind: 'done', record })
    expect(endingOfAnswer(later(now), 1)).toEqual({ kind: 'delayed', delay: { at: now, attempts: 1, error: null } })
    expect(endingOfAnswer(refuse('unknown_number'), 1)).toMatchObject({
      kind: 'dead',
      verdict: { reason: 'unprocessable', error: 'unknown_number', attempts: 2 },
    })
  })
})

test('a queue has a topic for each priority, with what it shares and what is its own', () => {
  const { high, low } = priorityQueues('mails', { types, tries: 5 }, { high: { workers: 5 }, low: { workers: 2 } })
  expect(high).toMatchObject({ name: 'mails-high', types, tries: 5, workers: 5 })
  expect(low).toMatchObject({ name: 'mails-low', types, tries: 5, workers: 2 })
})

test('settings that make no sense are refused', () => {
  for (const wrong of [
    { workers: -1 },
    { tries: 0 },
    { visibilityMs: 0.5 },
    { backoff: { firstMs: 10, factor: 0.5, longestMs: 100 } },
    { scale: { min: 1, max: 4, outAbove: 10, inBelow: 10 } },
  ])
    expect(() => queue('mails', { types, ...wrong })).toThrow(RangeError)
})

test('a pool doubles above a depth, halves below another, and stays within its bounds', () => {
  const scale = { min: 2, max: 10, outAbove: 1_000, inBelow: 100 }
  expect(scaled(4, 1_001, scale)).toBe(8)
  expect(scaled(8, 5_000, scale)).toBe(10)
  expect(scaled(5, 1_000, scale)).toBe(5)
  expect(scaled(5, 100, scale)).toBe(5)
  expect(scaled(5, 99, scale)).toBe(3)
  expect(scaled(2, 0, scale)).toBe(2)
  expect(scaled(0, 500, scale)).toBe(2)
})
