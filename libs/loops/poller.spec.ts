import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Poller } from './poller.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Looks that end when they are told to, and say when to look again. */
const controlled = () => {
  const ends: ((nextMs: number) => void)[] = []
  const poller = new Poller(() => new Promise((resolve) => ends.push(resolve)))
  const end = async (nextMs: number) => {
    ends.at(-1)!(nextMs)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { poller, end, looks: () => ends.length }
}

test('looks at the start, and again when the last look said', async () => {
  const { poller, end, looks } = controlled()
  poller.start()
  expect(looks()).toBe(1)
  await end(500)
  await vi.advanceTimersByTimeAsync(499)
  expect(looks()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(looks()).toBe(2)
})

test('whoever asks during a look is the reason for one more, however many ask', async () => {
  const { poller, end, looks } = controlled()
  poller.start()
  poller.now()
  poller.now()
  expect(looks()).toBe(1)
  await end(500)
  expect(looks()).toBe(2)
  await end(500)
  expect(looks()).toBe(2)
})

test('what is asked for later moves nothing that is sooner', async () => {
  const { poller, end, looks } = controlled()
  poller.start()
  poller.within(300)
  await end(500)
  poller.within(200)
  await vi.advanceTimersByTimeAsync(100)
  poller.within(200)
  await vi.advanceTimersByTimeAsync(100)
  expect(looks()).toBe(2)
})

test('neither looks before the start nor after the stop, which awaits the look under way', async () => {
  const { poller, end, looks } = controlled()
  poller.now()
  expect(looks()).toBe(0)
  poller.start()
  poller.now()
  let isStopped = false
  const stopped = poller.stop().then(() => {
    isStopped = true
  })
  await vi.advanceTimersByTimeAsync(0)
  expect(isStopped).toBe(false)
  await end(0)
  await stopped
  poller.now()
  expect(looks()).toBe(1)
})
