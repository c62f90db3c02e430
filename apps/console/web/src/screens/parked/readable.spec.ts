import { expect, test } from 'vitest'
import { readable } from './readable.ts'

test.each([
  [{ value: '{"a":1}' }, '{\n  "a": 1\n}'],
  [{ value: 'not json' }, 'not json'],
  [{ value: '/w==', encoding: 'base64' as const }, 'base64: /w=='],
  [{ value: null }, 'no value (a tombstone)'],
])('%o is read as %s', (content, text) => expect(readable(content)).toBe(text))
