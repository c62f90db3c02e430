import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLocalPath } from './local-path.ts'

test.each(['/', '/orders/7?asOf=3', '/authors', '/a%20b', '/a?to=//b'])('%s stays here', (path) =>
  expect(isLocalPath(path)).toBe(true),
)

test.each([
  ...['', 'orders', '//evil.example', '/\\evil.example', '\\/evil.example', '/\t/evil.example', '/\n/evil.example'],
  ...['http://evil.example', 'javascript:alert(1)', '/a\r\nset-cookie: a=b', '/a b', '/ü', `/${'a'.repeat(2_000)}`],
  ...['/auth/login', '/auth', undefined, ['/']],
])('%j does not', (path) => expect(isLocalPath(path)).toBe(false))

test('whatever is let through leads to the host that was asked', () => {
  const piece = fc.constantFrom('/', '\\', '.', '..', '@', ':', '?', '#', '%2f', '\t', 'http:', 'evil.example')
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const to = `/${pieces.join('')}`
      if (isLocalPath(to)) expect(new URL(to, 'http://here.example/auth/callback').host).toBe('here.example')
    }),
  )
})
