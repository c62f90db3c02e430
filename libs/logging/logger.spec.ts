import { afterEach, beforeEach, expect, test } from 'vitest'
import { configureLogging, createLogger } from './logger.ts'

let lines: string[]
beforeEach(() => {
  lines = []
  configureLogging({ service: 'order', level: 'info', format: 'json', write: (line) => lines.push(line) })
})
afterEach(() => configureLogging({ level: 'silent', write: () => {} }))

test('an entry is one line of JSON with its fields', () => {
  createLogger('relay').warn('slow\nvery', { count: 3, offset: 7n })
  expect(lines).toHaveLength(1)
  expect(lines[0]!.indexOf('\n')).toBe(lines[0]!.length - 1)
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    service: 'order',
    name: 'relay',
    message: 'slow\nvery',
    count: 3,
    offset: 7,
  })
})

test('an error is written with its type, stack and causes', () => {
  createLogger('relay').error('failed', { error: new TypeError('outer', { cause: new Error('inner') }) })
  const { error } = JSON.parse(lines[0]!) as { error: Record<string, unknown> }
  expect(error).toMatchObject({ type: 'TypeError', message: 'outer', cause: { type: 'Error', message: 'inner' } })
  expect(error.stack).toContain('logger.spec')
})

test('an entry is pretty on one line too', () => {
  configureLogging({ format: 'pretty' })
  const error = new Error('outer\nsecond line', { cause: 'inner' })
  createLogger('relay').info('done', { count: 3, text: 'two words', error })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}relay: done count=3 text="two words" error=Error: outer ⏎ second line ← inner\n$/,
  )
})

test('what is below the level is not written', () => {
  const log = createLogger('relay')
  configureLogging({ level: 'warn' })
  log.info('unimportant')
  log.error('important')
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['important'])
})
