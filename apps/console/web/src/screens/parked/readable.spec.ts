import { expect, test } from 'vitest'
import { asSent, faultIn, readable } from './readable.ts'

test.each([
  [{ value: '{"a":1}' }, '{\n  "a": 1\n}'],
  [{ value: 'not json' }, 'not json'],
  [{ value: '/w==', encoding: 'base64' as const }, 'base64: /w=='],
  [{ value: null }, 'no value (a tombstone)'],
])('%o is read as %s', (content, text) => expect(readable(content)).toBe(text))

test('a fault in JSON is told before it is sent', () => {
  expect(faultIn('{"a":1}')).toBeUndefined()
  expect(faultIn('{"a":')).toMatch(/JSON/)
})

test('what is laid out is sent in one line, and its texts as they are', () => {
  const data = { note: 'two  spaces, a \ttab\nand a line', lines: [{ sku: 'MUG' }] }
  const sent = asSent(JSON.stringify(data, null, 2))
  expect(sent).not.toMatch(/[\r\n\t]/)
  expect(JSON.parse(sent)).toEqual(data)
  expect(asSent('not\njson')).toBe('not\njson')
})
