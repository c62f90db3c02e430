import { beforeEach, expect, it } from 'vitest'
import { SyncPace } from './sync-pace.ts'

let now: number
let pace: SyncPace
const sync = (ms: number) =>
  pace.run(() => {
    now += ms
  })

beforeEach(() => {
  now = 0
  pace = new SyncPace(() => now)
})

it('leaves the event loop to a disk that is fast, though not every time', () => {
  for (let i = 0; i < 100; i++) sync(i % 10 === 0 ? 8 : 0.3)
  expect(pace.isQuick(1000)).toBe(true)
})

it('does not let the event loop wait for a disk that is slow, but tries again later', () => {
  for (let i = 0; i < 10; i++) sync(5)
  expect(pace.isQuick(1000)).toBe(false)
  now += 10_000
  expect(pace.isQuick(1000)).toBe(true)
  for (let i = 0; i < 10; i++) sync(5)
  expect(pace.isQuick(1000)).toBe(false)
})

it('takes one long wait for a sign', () => {
  sync(50)
  expect(pace.isQuick(1000)).toBe(false)
})

it('leaves a lot of bytes to a thread', () => {
  expect(pace.isQuick(2 ** 21)).toBe(false)
})
