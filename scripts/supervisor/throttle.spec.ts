import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttled } from './throttle.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('a few lines pass, a flood is counted, and then lines pass again', () => {
  const lines: string[] = []
  const show = throttled((line) => lines.push(line))
  for (let i = 1; i <= 8; i++) show(`line ${i}`)
  vi.runAllTimers()
  show('later')
  expect(lines).toEqual([
    'line 1',
    'line 2',
    'line 3',
    'line 4',
    'line 5',
    '… and 3 more such lines, see its log',
    'later',
  ])
})
