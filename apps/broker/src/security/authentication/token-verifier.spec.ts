import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oauthbearerMechanism } from './oauthbearer.ts'
import { type TokenRules, tokenVerifier } from './token-verifier.ts'

const NOW = 1_700_000_000_000
const RULES: Omit<TokenRules, 'jwksUrl'> = {
  ...{ refreshMs: 60_000, issuer: 'https://i', audiences: ['kafka'], clockSkewSeconds: 30, subjectClaim: 'sub' },
}
interface Signer {
  readonly key: CryptoKey
  readonly jwk: object
}
let first: Signer
let second: Signer
let server: Server
let published: readonly object[]
let url: URL

const signer = async (kid: string): Promise<Signer> => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  return { key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid } }
}

beforeAll(async () => {
  first = await signer('first')
  second = await signer('second')
  server = createServer((_, response) => response.end(JSON.stringify({ keys: published })))
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening)
  })
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`)
})
afterAll(() => server.close())

const token = (key: CryptoKey | Uint8Array, header: object, claims: object = {}, alg = 'RS256') =>
  new SignJWT({ sub: 'alice', iss: 'https://i', aud: 'kafka', exp: NOW / 1000 + 60, ...claims })
    .setProtectedHeader({ alg, ...header })
    .sign(key)

test('a token is good until its end and a little more, and tells who it is by the claim that is wanted', async () => {
  published = [first.jwk]
  const verifier = tokenVerifier({ ...RULES, jwksUrl: url }, () => NOW)
  const verify = async (claims: object) => verifier.verify(await token(first.key, { kid: 'first' }, claims))
  expect(await verify({})).toEqual({ name: 'alice', expiresAt: NOW + 60_000 })
  expect(await verify({ exp: NOW / 1000 - 29 })).toMatchObject({ name: 'alice' })
  for (const claims of [
    ...[{ exp: NOW / 1000 - 31 }, { exp: undefined }, { nbf: NOW / 1000 + 31 }],
    ...[{ aud: 'others' }, { iss: 'https://j' }, { sub: undefined }, { sub: '' }, { sub: 5 }],
  ]) {
    expect(await verify(claims), JSON.stringify(claims)).toMatchObject({ reason: expect.any(String) })
  }
  const other = tokenVerifier({ ...RULES, jwksUrl: url, subjectClaim: 'client' }, () => NOW)
  expect(await other.verify(await token(first.key, { kid: 'first' }, { client: 'bob' }))).toMatchObject({ name: 'bob' })
})

test('nothing but asymmetric signatures is believed', async () => {
  published = [first.jwk, { kty: 'oct', kid: 'shared', k: Buffer.from('x'.repeat(32)).toString('base64url') }]
  const { verify } = tokenVerifier({ ...RULES, jwksUrl: url }, () => NOW)
  const shared = await token(Buffer.from('x'.repeat(32)), { kid: 'shared' }, {}, 'HS256')
  expect(await verify(shared)).toMatchObject({ reason: expect.stringContaining('ERR_JOSE_ALG_NOT_ALLOWED') })
  expect(await verify('no token')).toMatchObject({ reason: expect.any(String) })
})

test('keys of a file are those that it has now, and without keys nobody is believed', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'waybill-keys-')), 'jwks.json')
  const { verify } = tokenVerifier({ ...RULES, jwksUrl: pathToFileURL(file) }, () => NOW)
  const [one, two] = [await token(first.key, { kid: 'first' }), await token(second.key, { kid: 'second' })]
  expect(await verify(one)).toMatchObject({ reason: expect.stringContaining('ENOENT') })
  writeFileSync(file, JSON.stringify({ keys: [first.jwk] }))
  expect(await verify(one)).toMatchObject({ name: 'alice' })
  expect(await verify(two)).toMatchObject({ reason: expect.any(String) })
  writeFileSync(file, JSON.stringify({ keys: [second.jwk] }))
  utimesSync(file, 1, 1)
  expect(await verify(one)).toMatchObject({ reason: expect.any(String) })
  expect(await verify(two)).toMatchObject({ name: 'alice' })
})

test('who is refused is told by a challenge, and out after the answer; whoever asks for another name is out at once', async () => {
  published = [first.jwk]
  const mechanism = oauthbearerMechanism(tokenVerifier({ ...RULES, jwksUrl: url }, () => NOW))
  const say = (jwt: string, header = 'n,,') => Buffer.from(`${header}\u0001auth=Bearer ${jwt}\u0001\u0001`)
  const good = await token(first.key, { kid: 'first' })
  expect(await mechanism.begin().next(say(good))).toMatchObject({ type: 'proven', name: 'alice' })
  expect(await mechanism.begin().next(say(good, 'n,a=alice,'))).toMatchObject({ type: 'proven' })
  expect(await mechanism.begin().next(say(good, 'n,a=bob,'))).toMatchObject({ type: 'refused' })
  const exchange = mechanism.begin()
  expect(await exchange.next(say(`${good}x`))).toMatchObject({
    ...{ type: 'challenge', reply: Buffer.from('{"status":"invalid_token"}') },
  })
  expect(await exchange.next(Buffer.from([1]))).toMatchObject({
    type: 'refused',
    message: '{"status":"invalid_token"}',
  })
  for (const text of [
    '',
    'n,,',
    'n,,\u0001\u0001',
    `n,,\u0001auth=Bearer ${good}`,
    `p=x,,\u0001auth=Bearer ${good}\u0001\u0001`,
  ]) {
    expect(await mechanism.begin().next(Buffer.from(text)), text).toMatchObject({ type: 'refused' })
  }
})
