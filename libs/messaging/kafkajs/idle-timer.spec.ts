import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { kafkaClient } from '../kafka-client.ts'
import { checkWhileRequestsWait, type RequestQueue } from './idle-timer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const queue = (pending: unknown[], throttledUntil = -1): RequestQueue => ({
  pending,
  throttledUntil,
  throttleCheckTimeoutId: null,
  checkPendingRequests: vi.fn(),
})

test('nothing is looked at while no request waits', () => {
  checkWhileRequestsWait.call(queue([]))
  expect(vi.getTimerCount()).toBe(0)
})

test('a request that waits is looked at soon, once', () => {
  const waiting = queue([{}])
  checkWhileRequestsWait.call(waiting)
  checkWhileRequestsWait.call(waiting)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(10)
  expect(waiting.checkPendingRequests).toHaveBeenCalledOnce()
  expect(waiting.throttleCheckTimeoutId).toBeNull()
})

test('and when the broker asked for a pause, after the pause', () => {
  const waiting = queue([{}], Date.now() + 700)
  checkWhileRequestsWait.call(waiting)
  vi.advanceTimersByTime(699)
  expect(waiting.checkPendingRequests).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(waiting.checkPendingRequests).toHaveBeenCalledOnce()
})

test('is what the queues of every client do', async () => {
  const { default: Queue } = (await import('kafkajs/src/network/requestQueue/index.js' as string)) as never
  expect(kafkaClient).toBeDefined()
  const prototype = (Queue as { prototype: Record<string, unknown> }).prototype
  expect(prototype.scheduleCheckPendingRequests).toBe(checkWhileRequestsWait)
  for (const used of ['checkPendingRequests', 'push', 'fulfillRequest']) expect(prototype[used]).toBeTypeOf('function')
})
