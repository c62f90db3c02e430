import { expect, test } from 'vitest'
import { checkLogin, loginSays, tokenLine } from './login.ts'
import { UsageError } from './options.ts'

const ADDRESS = 'http://localhost:8080'
const OURS = { OIDC_ISSUER: `${ADDRESS}/issuer`, DEVELOPMENT_ISSUER: 'on' }
const THEIRS = { OIDC_ISSUER: 'https://login.example', DEVELOPMENT_ISSUER: 'off' }

test.each([
  { HOST: 'localhost', AUTH: 'off', ...OURS },
  { HOST: 'localhost', AUTH: 'oidc', ...OURS },
  { HOST: '0.0.0.0', AUTH: 'oidc', ...THEIRS },
])('%j starts', (edge) => {
  checkLogin(edge)
})

test.each([
  [
    { HOST: '0.0.0.0', AUTH: 'off', ...OURS },
    /^AUTH: off is for a HOST of the machine itself, which 0\.0\.0\.0 is not/,
  ],
  [{ HOST: '0.0.0.0', AUTH: 'oidc', ...OURS }, /^DEVELOPMENT_ISSUER: gives anybody a token/],
  [{ HOST: 'localhost', AUTH: 'on', ...OURS }, /^AUTH: off or oidc, not on/],
  [{ HOST: '192.0.2.1', AUTH: 'oidc', ...THEIRS }, /^HOST: localhost, .*not 192\.0\.2\.1/],
])('%j is refused by name', (edge, message) => {
  expect(() => checkLogin(edge)).toThrow(UsageError)
  expect(() => checkLogin(edge)).toThrow(message)
})

test('the banner says how one gets in', () => {
  expect(loginSays({ AUTH: 'off', ...OURS }, ADDRESS)).toBe('none, for this machine only (AUTH=off)')
  expect(loginSays({ AUTH: 'oidc', ...OURS }, ADDRESS)).toContain('http://localhost:8080/auth/login')
  expect(loginSays({ AUTH: 'oidc', ...THEIRS }, ADDRESS)).toBe('tokens of https://login.example')
  expect(tokenLine({ AUTH: 'off', ...OURS }, ADDRESS)).toBeUndefined()
  expect(tokenLine({ AUTH: 'oidc', ...THEIRS }, ADDRESS)).toBeUndefined()
  expect(tokenLine({ AUTH: 'oidc', ...OURS }, ADDRESS)).toMatch(/^T=\$\(curl -s http:\/\/localhost:8080\/issuer\/token/)
})
