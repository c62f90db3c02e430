import { expect, test } from 'vitest'
import { interpolate } from './interpolate.ts'

/** `{` stands for the beginning of what is to be put in, which in a string of ours looks like a mistake. */
const written = (text: string): string => text.replaceAll('{', '\u0024{')

test.each([
  ['a {A} b', { A: '1' }, 'a 1 b'],
  ['{A:-x}', {}, 'x'],
  ['{A:-x}', { A: '' }, 'x'],
  ['{A:-http://localhost:{PORT:-8080}/}', {}, 'http://localhost:8080/'],
  ['{A:-http://localhost:{PORT:-8080}/}', { PORT: '9000' }, 'http://localhost:9000/'],
  ['{A} $$@', { A: '1' }, '1 $$@'],
])('%s with %j is %s', (text, environment, result) => {
  expect(interpolate(written(text), environment)).toBe(result)
})

test('what is escaped stays, and what is not known is refused', () => {
  expect(interpolate(`$${written('{A}')}`, { A: '1' })).toBe(`$${written('{A}')}`)
  expect(() => interpolate(written('{A:?missing}'), {})).toThrow(/not understood/)
})
