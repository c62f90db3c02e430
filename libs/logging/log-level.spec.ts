import { afterEach, expect, test, vi } from 'vitest'
import { changeLevelOnSignal } from './level-signal.ts'
import { configureLogging, createLogger, logLevel, setLogLevel } from './logger.ts'

const lines: string[] = []
configureLogging({ level: 'warn', format: 'json', write: (line) => lines.push(line) })
afterEach(() => {
  vi.useRealTimers()
  setLogLevel('warn')
  lines.length = 0
})

test('the level changes for a while and goes back by itself', () => {
  vi.useFakeTimers({ now: 1_000 })
  setLogLevel('debug', 60_000)
  expect(logLevel()).toEqual({ level: 'debug', usual: 'warn', until: 61_000 })
  createLogger('a').debug('seen')
  vi.advanceTimersByTime(60_000)
  expect(logLevel()).toEqual({ level: 'warn', usual: 'warn' })
  createLogger('a').debug('not seen')
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['seen'])
})

test('SIGUSR2 has everything logged, and once more not', async () => {
  changeLevelOnSignal()
  process.kill(process.pid, 'SIGUSR2')
  await vi.waitFor(() => expect(logLevel()).toMatchObject({ level: 'debug', until: expect.any(Number) }))
  process.kill(process.pid, 'SIGUSR2')
  await vi.waitFor(() => expect(logLevel()).toEqual({ level: 'warn', usual: 'warn' }))
  expect(lines).toHaveLength(2)
  process.removeAllListeners('SIGUSR2')
})
