import { expect, test } from 'vitest'
import { loginProblems } from './login-problems.ts'

const problem = (text: string) => [expect.stringContaining(text)]

test('without a login only the machine itself is answered, or where something else keeps strangers away', () => {
  expect(loginProblems({ AUTH: 'off', HOST: 'localhost' })).toEqual([])
  expect(loginProblems({ AUTH: 'off', HOST: '0.0.0.0' })).toEqual(problem('AUTH: off is for a HOST'))
  expect(loginProblems({ AUTH: 'off', HOST: '0.0.0.0', TRUSTED_NETWORK: 'on' })).toEqual([])
  expect(loginProblems({ HOST: '0.0.0.0' }), 'a service, which nobody logs in to').toEqual([])
})

test('with a login, whoever is open to a network names who vouches for people', () => {
  expect(loginProblems({ AUTH: 'oidc', HOST: '0.0.0.0' })).toEqual(problem('OIDC_ISSUER: is required'))
  expect(loginProblems({ AUTH: 'oidc', HOST: '0.0.0.0', OIDC_ISSUER: 'https://issuer' })).toEqual([])
})

test('an issuer that gives anybody a token is for the machine itself, and never stands beside another one', () => {
  const development = { AUTH: 'oidc', DEVELOPMENT_ISSUER: 'on', OIDC_ISSUER: 'http://localhost:8080/issuer' } as const
  expect(loginProblems({ ...development, HOST: '::1', OIDC_ISSUER: 'http://[::1]:8080/issuer' })).toEqual([])
  expect(loginProblems({ ...development, HOST: '0.0.0.0' })).toEqual(problem('DEVELOPMENT_ISSUER: gives anybody'))
  expect(loginProblems({ ...development, HOST: '0.0.0.0', TRUSTED_NETWORK: 'on' })).toEqual([])
  for (const OIDC_ISSUER of ['https://login.example/issuer', 'http://localhost:8180/realms/waybill'])
    expect(loginProblems({ ...development, OIDC_ISSUER })).toEqual(problem('where OIDC_ISSUER is another provider'))
  expect(loginProblems({ ...development, AUTH: 'off', OIDC_ISSUER: 'https://login.example' })).toEqual([])
})
