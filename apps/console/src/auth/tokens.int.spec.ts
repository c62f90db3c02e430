import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { Provider } from './provider.ts'
import { TokenVerifier } from './tokens.ts'

configureLogging({ level: 'silent' })

type Key = Awaited<ReturnType<typeof newKey>>

const newKey = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } }
}

/** An issuer that says whatever it is told to. */
let issuer: string
let keys: Key[]
let document: Readonly<Record<string, string>>
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(request.url === '/keys' ? { keys: keys.map(({ jwk }) => jwk) } : document))
})
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(async () => {
  keys = [await newKey('first')]
  document = { issuer, jwks_uri: `${issuer}/keys` }
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const verifier = () =>
  new TokenVerifier({ issuer, audience: 'waybill', rolesClaim: 'realm.roles', customerClaim: 'customer_id' })
const tokenBy = ({ kid, privateKey }: Key) =>
  new SignJWT({ iss: issuer, aud: 'waybill', sub: 'ann', customer_id: 'cara', realm: { roles: ['customer', 'owner'] } })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setExpirationTime('5m')
    .sign(privateKey)

test('says who it is, from the claims that the settings name', async () => {
  const principal = await verifier().verify(await tokenBy(keys[0]!))
  expect(principal).toEqual({ subject: 'ann', roles: ['customer'], customerId: 'cara' })
})

test('a key that the issuer has added since is found', async () => {
  const asked = verifier()
  await asked.verify(await tokenBy(keys[0]!))
  const added = await newKey('second')
  keys = [added, ...keys]
  const token = await tokenBy(added)
  await expect.poll(() => asked.verify(token).catch(String), { timeout: 30_000 }).toMatchObject({ subject: 'ann' })
})

test("another issuer's discovery document is not believed, and one that is right again is", async () => {
  const asked = verifier()
  const token = await tokenBy(keys[0]!)
  for (const other of [{ issuer: 'http://evil.example' }, { issuer: `${issuer}/` }, { issuer: '' }]) {
    document = { ...other, jwks_uri: `${issuer}/keys` }
    await expect(asked.verify(token)).rejects.toMatchObject({ status: 503 })
  }
  const login = new Provider({ issuer, clientId: 'c', scope: 'openid' })
  document = {
    issuer: 'http://evil.example',
    jwks_uri: `${issuer}/keys`,
    authorization_endpoint: 'http://evil.example',
  }
  const attempt = { state: 's', verifier: 'v' }
  await expect(login.authorizationUrl(attempt, `${issuer}/back`)).rejects.toMatchObject({ status: 503 })
  document = { issuer, jwks_uri: `${issuer}/keys` }
  expect(await asked.verify(token)).toMatchObject({ subject: 'ann' })
})
