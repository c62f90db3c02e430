import { expect, test } from 'vitest'
import { AuthorizationCodes, CODE_LIFE_MS, challengeOf } from './authorization-codes.ts'

const verifier = 'v'.repeat(43)
const proof = { clientId: 'console', redirectUri: 'http://here/auth/callback', verifier }
const grant = { ...proof, challenge: challengeOf(verifier), user: 'ada' }

test('the challenge is that of RFC 7636, appendix B', () => {
  expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('a code is good once', () => {
  const codes = new AuthorizationCodes()
  const code = codes.issue(grant)
  expect(codes.redeem(code, proof)).toBe('ada')
  expect(codes.redeem(code, proof)).toBeUndefined()
})

test('only for the client that asked for it; a wrong try uses it up', () => {
  const codes = new AuthorizationCodes()
  for (const wrong of [{ clientId: 'other' }, { redirectUri: 'http://there/' }, { verifier: 'w'.repeat(43) }]) {
    const code = codes.issue(grant)
    expect(codes.redeem(code, { ...proof, ...wrong })).toBeUndefined()
    expect(codes.redeem(code, proof)).toBeUndefined()
  }
})

test('and for a minute', () => {
  let now = 0
  const codes = new AuthorizationCodes(() => now)
  const [early, late] = [codes.issue(grant), codes.issue(grant)]
  now = CODE_LIFE_MS - 1
  expect(codes.redeem(early, proof)).toBe('ada')
  now = CODE_LIFE_MS
  expect(codes.redeem(late, proof)).toBeUndefined()
})

test('a thousand are kept, the newest', () => {
  const codes = new AuthorizationCodes()
  const first = codes.issue(grant)
  const second = codes.issue(grant)
  for (let i = 0; i < 999; i++) codes.issue(grant)
  expect(codes.redeem(first, proof)).toBeUndefined()
  expect(codes.redeem(second, proof)).toBe('ada')
})
