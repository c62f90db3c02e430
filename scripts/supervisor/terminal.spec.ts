import { expect, test } from 'vitest'
import { isNotable } from './terminal.ts'

test.each([
  ['order', '12:00:00.123 INFO  service: ready', 'stdout', false],
  ['order', '12:00:00.123 WARN  consumer: message parked', 'stdout', true],
  ['order', '12:00:00.123 ERROR service: could not stop', 'stdout', true],
  ['order', '{"level":"warn","time":"2026-01-01T12:00:00Z","message":"m"}', 'stdout', true],
  ['order', '{"level":"info","time":"2026-01-01T12:00:00Z","message":"m"}', 'stdout', false],
  ['order', 'anything without a level', 'stdout', false],
  ['order', 'TypeError: x is not a function', 'stderr', true],
  ['postgres', '2026-01-01 12:00:00 UTC [1] ERROR:  duplicate key value', 'stderr', false],
  ['postgres', '2026-01-01 12:00:00 UTC [1] PANIC:  could not write to file', 'stderr', true],
] as const)('%s: %s', (name, line, stream, notable) => {
  expect(isNotable(name, line, stream)).toBe(notable)
})
