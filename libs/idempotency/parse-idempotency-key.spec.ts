import { expect, test } from 'vitest'
import { InvalidIdempotencyKey, parseIdempotencyKey } from './parse-idempotency-key.ts'

test.each([
  [undefined, undefined],
  ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['"8e03978e"', '8e03978e'],
  [' "with \\"quotes\\" and \\\\" ', 'with "quotes" and \\'],
  ['x'.repeat(255), 'x'.repeat(255)],
])('%j is the key %j', (header, key) => {
  expect(parseIdempotencyKey(header)).toBe(key)
})

test.each(['', '""', '"', '"open', '"a"b"', 'x'.repeat(256), 'ключ', 'a\u0000b'])('%j is refused', (header) => {
  expect(() => parseIdempotencyKey(header)).toThrow(InvalidIdempotencyKey)
})
