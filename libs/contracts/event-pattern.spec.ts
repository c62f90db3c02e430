import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesPattern } from './event-pattern.ts'
import { type MessageType, messages } from './messages.ts'

test.each([
  ['order.placed', 'order.placed', true],
  ['order.placed', 'order.placed.again', false],
  ['order.*', 'order.placed', true],
  ['order.*', 'order', false],
  ['order.*', 'order.placed.again', false],
  ['order.#', 'order', true],
  ['order.#', 'order.placed.again', true],
  ['#', 'payment.return-refunded', true],
  ['#.cancelled', 'order.cancelled', true],
  ['*.#', 'order', true],
  ['#.*.#', 'order.placed', true],
  ['or*', 'order', false],
])('%s on %s: %s', (pattern, type, expected) => {
  expect(matchesPattern(pattern, type)).toBe(expected)
})

/** What the words of a pattern say, read one after the other: simple, and as slow as the pattern is nasty. */
const means = ([part, ...parts]: readonly string[], words: readonly string[]): boolean => {
  if (part === undefined) return words.length === 0
  if (part === '#') return words.some((_, i) => means(parts, words.slice(i))) || means(parts, [])
  return words.length > 0 && (part === '*' || part === words[0]) && means(parts, words.slice(1))
}

test('every pattern means what its words say', () => {
  const word = fc.constantFrom('a', 'b', 'c')
  const part = fc.oneof(word, fc.constantFrom('*', '#'))
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 6 }),
      fc.array(word, { minLength: 1, maxLength: 6 }),
      (parts, words) => {
        expect(matchesPattern(parts.join('.'), words.join('.'))).toBe(means(parts, words))
      },
    ),
    { numRuns: 2_000 },
  )
})

test('each type of message means itself, and # means all', () => {
  for (const type of Object.keys(messages) as MessageType[]) {
    expect(matchesPattern(type, type)).toBe(true)
    expect(matchesPattern('#', type)).toBe(true)
  }
})
