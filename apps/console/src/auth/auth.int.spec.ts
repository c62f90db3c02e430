import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApplication } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { newMasterKey } from '#libs/personal-data'
import { consoleModule } from '../console.module.ts'
import { Forwarder } from '../forwarder.ts'
import { gateway } from '../gateway.ts'
import { openApi } from '../openapi.ts'
import { accessDescribed } from './access.ts'
import { guardApi } from './guard.ts'
import { serveMe } from './me.ts'
import { Owners } from './owners.ts'
import { roles, staffRoles } from './principal.ts'
import { Sessions } from './sessions.ts'
import { TokenVerifier } from './tokens.ts'

configureLogging({ level: 'silent' })

type SigningKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey']

const AUDIENCE = 'waybill'
const ALGORITHM = 'ES256'
const cleanUp: (() => unknown)[] = []
let url: string
let issuer: string
/** What stands for every service was asked on whose behalf. */
let actors: string[] = []
let signing: { kid: string; privateKey: SigningKey; jwk: object }[] = []

const newKey = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM)
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM } }
}

const listen = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUp.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const json = (response: ServerResponse, body: object) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

beforeAll(async () => {
  signing = [await newKey('first')]
  issuer = await listen((request, response) => {
    if (request.url === '/keys') return json(response, { keys: signing.map(({ jwk }) => jwk) })
    return json(response, { issuer, jwks_uri: `${issuer}/keys` })
  })
  const service = await listen((request, response) => {
    actors.push(String(request.headers['x-actor']))
    const owner = /\/(orders|quotes)\/of-(\w+)/.exec(request.url ?? '')?.[2]
    json(response, { customerId: owner ?? 'nobody' })
  })
  const names = ['ORDER', 'PAYMENT', 'INVENTORY', 'FULFILLMENT', 'NOTIFICATION', 'QUERY', 'ANALYTICS', 'SIMULATORS']
  const app = await createApplication(
    consoleModule({
      ...(Object.fromEntries(names.map((name) => [`${name}_URL`, service])) as object),
      ...{ KAFKA_BROKERS: ['127.0.0.1:1'], ALERT_RULES: 'deploy/prometheus/rules.yml' },
      ...{ VAULT_URL: 'postgresql://127.0.0.1:1/none', MASTER_KEYS: newMasterKey() },
    } as never),
  )
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance
  const settings = { audience: AUDIENCE, rolesClaim: 'realm.roles', customerClaim: 'customer_id' }
  guardApi(fastify, new TokenVerifier({ issuer, ...settings }), new Owners(app.get(Forwarder)), new Sessions())
  void app.register(serveMe)
  void app.register(gateway(app.get(Forwarder)))
  for (const path of ['/api/stream', '/api/analytics/live']) fastify.get(path, async () => ({}))
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  cleanUp.push(() => app.close())
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

interface Made {
  readonly claims?: JWTPayload
  readonly roles?: readonly string[]
  readonly key?: { readonly kid: string; readonly privateKey: SigningKey }
  readonly expires?: string
}

const tokenOf = ({ claims = {}, roles: had = ['admin'], key = signing[0]!, expires = '5m' }: Made = {}) =>
  new SignJWT({ iss: issuer, aud: AUDIENCE, sub: 'ann', customer_id: 'cara', realm: { roles: had }, ...claims })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid })
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(key.privateKey)

const ask = async (method: string, path: string, token?: string, body?: object) => {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(method !== 'GET' && { 'content-type': 'application/json', 'idempotency-key': 'k', 'x-actor': 'mallory' }),
    },
    ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
  })
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), text: await answer.text() }
}

const described = Object.entries(openApi.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
)

describe('every route', () => {
  test('has an entry in the table of who may do what', () => {
    expect(described.filter(({ method, path }) => accessDescribed(method, path) === undefined)).toEqual([])
    expect(described.length).toBeGreaterThan(90)
  })

  test.each([undefined, ...roles, 'stranger'])(
    'as %s: let in or refused as the table has it',
    async (role) => {
      const token = role === undefined ? undefined : await tokenOf({ roles: [role] })
      const wrong: string[] = []
      for (const { method, path } of described) {
        const access = accessDescribed(method, path)!
        const { status } = await ask(method, path.replace(/\{\w+\}/g, 'of-somebody'), token)
        const expected = expectation(access, role)
        if (expected === 'in' ? status === 401 || status === 403 : status !== expected)
          wrong.push(`${method} ${path}: ${status}, not ${expected}`)
      }
      expect(wrong).toEqual([])
    },
    120_000,
  )

  /** Nothing here is the customer's own: that is either not there for them, or not theirs to ask for. */
  const expectation = (access: ReturnType<typeof accessDescribed> & {}, role: string | undefined) => {
    if (access === 'anyone') return 'in'
    if (role === undefined) return 401
    if (access === 'known') return 'in'
    const rank = staffRoles.indexOf(role as (typeof staffRoles)[number])
    if (rank >= staffRoles.indexOf(access.staff)) return 'in'
    if (role !== 'customer' || access.customer === undefined) return 403
    if (access.customer === 'nobody') return 'in'
    return access.customer === 'query' || access.customer === 'body' ? 403 : 404
  }
})

test('a customer sees and changes what is their own', async () => {
  const token = await tokenOf({ roles: ['customer'] })
  const status = async (...request: Parameters<typeof ask>) => (await ask(...request)).status
  expect(await status('GET', '/api/orders/of-cara', token)).toBe(200)
  expect(await status('GET', '/api/orders/of-carl', token)).toBe(404)
  expect(await status('POST', '/api/orders/of-carl/cancel', token)).toBe(404)
  expect(await status('POST', '/api/orders/of-cara/cancel', token)).toBe(200)
  expect(await status('GET', '/api/quotes/of-cara', token)).toBe(200)
  expect(await status('GET', '/api/orders?customerId=cara', token)).toBe(200)
  expect(await status('GET', '/api/orders', token)).toBe(403)
  expect(await status('GET', '/api/orders?customerId=carl', token)).toBe(403)
  expect(await status('GET', '/api/orders?customerId=cara&customerId=carl', token)).toBe(403)
  expect(await status('GET', '/api/customers/cara/history', token)).toBe(200)
  expect(await status('GET', '/api/customers/carl/history', token)).toBe(404)
  expect(await status('POST', '/api/orders', token, { customerId: 'carl' })).toBe(403)
  expect(await status('POST', '/api/orders', token, { customerId: 'cara' })).toBe(200)
})

test('who is let in is the actor, whoever else they say they are', async () => {
  actors = []
  await ask('POST', '/api/sagas/s/compensate', await tokenOf({ claims: { sub: 'olga' }, roles: ['operator'] }))
  expect(actors).toEqual(['olga'])
})

describe('a token is refused', () => {
  const refused = async (token: string, why: RegExp) => {
    const { status, challenge, text } = await ask('GET', '/api/catalogue', token)
    expect(status).toBe(401)
    expect(challenge).toMatch(/^Bearer error="invalid_token"/)
    expect(text).toMatch(why)
  }
  const plain = (header: object, claims: object) =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const inAnHour = Math.floor(Date.now() / 1_000) + 3_600

  test('that has expired', async () => refused(await tokenOf({ expires: '-1m' }), /expired/))
  test('for somebody else', async () => refused(await tokenOf({ claims: { aud: 'other' } }), /aud/))
  test('of somebody else', async () => refused(await tokenOf({ claims: { iss: 'http://other' } }), /iss/))
  test("by a key that is not the issuer's", async () =>
    refused(await tokenOf({ key: { ...(await newKey('first')) } }), /no token of the issuer/))
  test('that nobody signed', () =>
    refused(`${plain({ alg: 'none' }, { iss: issuer, aud: AUDIENCE, sub: 'ann', exp: inAnHour })}.`, /bearer|token/i))
  test('that was signed with a shared secret, e.g. the public key', async () => {
    const secret = new TextEncoder().encode(JSON.stringify(signing[0]!.jwk))
    const token = await new SignJWT({ iss: issuer, aud: AUDIENCE, sub: 'ann', exp: inAnHour })
      .setProtectedHeader({ alg: 'HS256', kid: signing[0]!.kid })
      .sign(secret)
    await refused(token, /not signed in a way that is allowed/)
  })
  test('that names nobody, or somebody who can be no name', async () => {
    await refused(await tokenOf({ claims: { sub: '' } }), /subject/)
    await refused(await tokenOf({ claims: { sub: 'a b' } }), /subject/)
  })
  test('and what is no token at all is answered as if it were missing', async () => {
    expect((await ask('GET', '/api/catalogue', 'a b c')).status).toBe(401)
  })
})

test('a key that the issuer has added since is found', async () => {
  const added = await newKey('second')
  signing = [added, ...signing]
  await expect
    .poll(async () => (await ask('GET', '/api/catalogue', await tokenOf({ key: added }))).status, { timeout: 30_000 })
    .toBe(200)
})
