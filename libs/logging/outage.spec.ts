import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { configureLogging, createLogger } from './logger.ts'
import { Outage } from './outage.ts'

let lines: Record<string, unknown>[]
beforeEach(() => {
  lines = []
  configureLogging({ level: 'info', format: 'json', write: (line) => lines.push(JSON.parse(line)) })
  vi.useFakeTimers({ now: 0 })
})
afterEach(() => {
  vi.useRealTimers()
  configureLogging({ level: 'silent', write: () => {} })
})

test('one line when it goes, a count now and then, one when it is back', () => {
  const outage = new Outage(createLogger('database'), 'the database')
  outage.over()
  for (let n = 0; n < 70; n++) {
    outage.failed(new Error('refused'))
    vi.advanceTimersByTime(1_000)
  }
  outage.over()
  outage.over()
  expect(lines.map(({ level, message, count, durationMs }) => ({ level, message, count, durationMs }))).toEqual([
    { level: 'error', message: 'the database is away' },
    { level: 'warn', message: 'the database is still away', count: 31, durationMs: 30_000 },
    { level: 'warn', message: 'the database is still away', count: 61, durationMs: 60_000 },
    { level: 'info', message: 'the database is back', count: 70, durationMs: 70_000 },
  ])
})
