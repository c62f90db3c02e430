import { expect, test } from 'vitest'
import { asSent, faultIn } from './typed.ts'

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
