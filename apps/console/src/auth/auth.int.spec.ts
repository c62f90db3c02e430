import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApi } from '../openapi.ts'
import { type RunningGateway, startGateway } from '../testing/gateway.ts'
import { type Access, access, accessDescribed } from './access.ts'
import { staffRoles } from './principal.ts'

let gateway: RunningGateway
beforeAll(async () => {
  gateway = await startGateway({ AUTH: 'oidc' })
})
afterAll(() => gateway?.stop())

const CARA = 'cust-0001'

const ask = async (method: string, path: string, token?: string, body?: object) => {
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const answer = await fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(hasBody && { 'content-type': 'application/json', 'idempotency-key': 'k', 'x-actor': 'mallory' }),
    },
    ...(hasBody && { body: JSON.stringify(body ?? {}) }),
  })
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), text: await answer.text() }
}

const described = Object.entries(openApi.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
)

/** Of the issuer's users by what they may; a stranger has a token and no role, nobody has no token. */
const callers = {
  customer: () => gateway.tokenFor('cara'),
  support: () => gateway.tokenFor('sam'),
  operator: () => gateway.tokenFor('olga'),
  admin: () => gateway.tokenFor('ada'),
  stranger: () => gateway.tokenWith({ sub: 'stranger', roles: ['owner'] }),
  nobody: async () => undefined,
}
type Caller = keyof typeof callers

describe('every route', () => {
  test('has an entry in the table of who may do what, and every entry a route', () => {
    expect(described.filter(({ method, path }) => accessDescribed(method, path) === undefined)).toEqual([])
    const isDescribed = (route: string) =>
      described.some(({ method, path }) => {
        const parts = `${method} ${path}`.split('/')
        const wanted = route.split('/')
        return parts.length === wanted.length && wanted.every((part, i) => part.startsWith(':') || part === parts[i])
      })
    expect(Object.keys(access).filter((route) => !isDescribed(route))).toEqual([])
    expect(described.length).toBeGreaterThan(90)
  })

  test.each(Object.keys(callers) as Caller[])(
    'as %s: let in or refused as the table has it',
    async (caller) => {
      const token = await callers[caller]()
      const wrong: string[] = []
      for (const { method, path } of described) {
        const expected = expectation(accessDescribed(method, path)!, caller)
        const { status } = await ask(method, path.replace(/\{\w+\}/g, 'of-somebody'), token)
        const isIn = ![401, 403, 421, 429].includes(status)
        if (expected === 'in' ? !isIn : status !== expected) wrong.push(`${method} ${path}: ${status}, not ${expected}`)
      }
      expect(wrong).toEqual([])
    },
    180_000,
  )

  test.each(['customer', 'support', 'operator', 'admin', 'stranger'] as const)(
    'as %s: a page is told what it may offer',
    async (caller) => {
      const { text } = await ask('GET', '/api/me', await callers[caller]())
      const { may } = JSON.parse(text) as { may: string[] }
      const offered = Object.entries(access).flatMap(([route, access]) =>
        expectation(access, caller) !== 403 || (caller === 'customer' && isTheirs(access)) ? [route] : [],
      )
      expect(may).toEqual(offered)
    },
  )

  const isTheirs = (access: Access) => typeof access === 'object' && access.customer !== undefined

  /** Nothing here is the customer's own: that is either not there for them, or not theirs to ask for. */
  const expectation = (access: Access, caller: Caller): 'in' | number => {
    if (access === 'anyone') return 'in'
    if (caller === 'nobody') return 401
    if (access === 'known') return 'in'
    if (staffRoles.indexOf(caller as (typeof staffRoles)[number]) >= staffRoles.indexOf(access.staff)) return 'in'
    if (caller !== 'customer' || access.customer === undefined) return 403
    if (access.customer === 'nobody') return 'in'
    return access.customer === 'query' || access.customer === 'body' ? 403 : 404
  }

  test('is as closed to a question for its header alone, and what is no route to everybody', async () => {
    expect((await ask('HEAD', '/api/stock')).status).toBe(401)
    expect((await ask('HEAD', '/api/stock', await gateway.tokenFor('cara'))).status).toBe(403)
    expect((await ask('GET', '/api/stock/../audit', await gateway.tokenFor('sam'))).status).toBe(403)
    expect((await ask('GET', '/api//audit', await gateway.tokenFor('ada'))).status).toBe(404)
    expect((await ask('POST', '/internal/audit/refusals')).status).toBe(404)
  })
})

test('a customer sees and changes what is their own', async () => {
  const token = await gateway.tokenFor('cara')
  const status = async (...request: Parameters<typeof ask>) => (await ask(...request)).status
  expect(await status('GET', `/api/orders/of-${CARA}`, token)).toBe(200)
  expect(await status('GET', '/api/orders/of-carl', token)).toBe(404)
  expect(await status('POST', '/api/orders/of-carl/cancel', token)).toBe(404)
  expect(await status('POST', `/api/orders/of-${CARA}/cancel`, token)).toBe(200)
  expect(await status('GET', `/api/quotes/of-${CARA}`, token)).toBe(200)
  expect(await status('GET', `/api/orders?customerId=${CARA}`, token)).toBe(200)
  expect(await status('GET', '/api/orders', token)).toBe(403)
  expect(await status('GET', '/api/orders?customerId=carl', token)).toBe(403)
  expect(await status('GET', `/api/orders?customerId=${CARA}&customerId=carl`, token)).toBe(403)
  expect(await status('GET', `/api/customers/${CARA}/history`, token)).toBe(200)
  expect(await status('GET', '/api/customers/carl/history', token)).toBe(404)
  expect(await status('POST', '/api/orders', token, { customerId: 'carl' })).toBe(403)
  expect(await status('POST', '/api/orders', token, { customerId: CARA })).toBe(200)
})

test('who is let in is the actor, whoever else they say they are', async () => {
  gateway.actors.length = 0
  await ask('POST', '/api/sagas/s/compensate', await gateway.tokenFor('olga'))
  expect(gateway.actors).toEqual(['olga'])
})

describe('a token is refused', () => {
  const refused = async (token: string, why: RegExp) => {
    const { status, challenge, text } = await ask('GET', '/api/catalogue', token)
    expect([status, text]).toEqual([401, expect.stringMatching(why)])
    expect(challenge).toMatch(/^Bearer error="invalid_token"/)
  }
  const now = () => Math.floor(Date.now() / 1_000)
  const unsigned = (header: object, claims: object) =>
    `${[header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
  const claims = () => ({ iss: gateway.issuer, aud: 'waybill', sub: 'ada', roles: ['admin'], exp: now() + 300 })

  test('unless it is as it should be', async () => {
    for (const header of [{}, { typ: 'JWT' }, { typ: undefined }, { typ: 'application/at+jwt' }])
      expect((await ask('GET', '/api/catalogue', await gateway.tokenWith({}, header))).status).toBe(200)
    expect((await ask('GET', '/api/catalogue', await gateway.tokenWith({ typ: 'Bearer' }))).status).toBe(200)
    expect((await ask('GET', '/api/catalogue', await gateway.tokenWith({ aud: ['other', 'waybill'] }))).status).toBe(
      200,
    )
  })

  test('that has expired, never does, or is not valid yet', async () => {
    await refused(await gateway.tokenWith({ exp: now() - 60 }), /expired/)
    await refused(await gateway.tokenWith({ exp: undefined }), /exp/)
    await refused(await gateway.tokenWith({ nbf: now() + 300 }), /nbf/)
  })
  test('for somebody else, or nobody', async () => {
    await refused(await gateway.tokenWith({ aud: 'waybill-console' }), /aud/)
    await refused(await gateway.tokenWith({ aud: undefined }), /aud/)
  })
  test('of somebody else', async () => {
    await refused(await gateway.tokenWith({ iss: 'http://other' }), /iss/)
    await refused(await gateway.tokenWith({ iss: `${gateway.issuer}/` }), /iss/)
  })
  test("by a key that is not the issuer's, be it in the token itself", async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    for (const header of [{}, { jwk }, { jku: 'http://127.0.0.1:1/keys' }])
      await refused(
        await new SignJWT(claims())
          .setProtectedHeader({ alg: 'ES256', kid: gateway.key.kid!, typ: 'at+jwt', ...header })
          .sign(privateKey),
        /no token of the issuer/,
      )
  })
  test('that was changed after it was signed', async () => {
    const [header, payload, signature] = (await gateway.tokenFor('cara')).split('.') as [string, string, string]
    const said = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    const changed = Buffer.from(JSON.stringify({ ...said, roles: ['admin'] })).toString('base64url')
    await refused([header, changed, signature].join('.'), /no token of the issuer/)
  })
  test.each(['none', 'None', 'nOnE'])('that nobody signed (alg %s)', async (alg) => {
    const token = unsigned({ alg, typ: 'at+jwt' }, claims())
    await refused(token, /not signed in a way that is allowed|no token/)
    await refused(unsigned({ alg: 'ES256', kid: gateway.key.kid, typ: 'at+jwt' }, claims()), /no token of the issuer/)
  })
  test.each(['HS256', 'HS512'])('that was signed by %s with what is public', async (alg) => {
    const { d: _, ...open } = gateway.key
    const secret = new TextEncoder().encode(JSON.stringify(open).padEnd(64))
    const token = await new SignJWT(claims()).setProtectedHeader({ alg, kid: open.kid!, typ: 'at+jwt' }).sign(secret)
    await refused(token, /not signed in a way that is allowed/)
  })
  test('that the issuer made for another purpose, such as an ID token', async () => {
    const no = /no access token/
    await refused(await gateway.tokenWith({ at_hash: 'LDktKdoQak3Pk0cnXxCltA', nonce: 'n' }, { typ: 'JWT' }), no)
    await refused(await gateway.tokenWith({ typ: 'ID' }, { typ: 'JWT' }), no)
    await refused(await gateway.tokenWith({ typ: 'Refresh' }, { typ: 'JWT' }), no)
    await refused(await gateway.tokenWith({}, { typ: 'logout+jwt' }), no)
    await refused(await gateway.tokenWith({}, { typ: 'secevent+jwt' }), no)
    await refused(await gateway.tokenWith({ events: {} }, { typ: 'JWT' }), no)
  })
  test('that names nobody, or somebody who can be no name', async () => {
    for (const sub of ['', 'a b', 'a'.repeat(65), undefined]) await refused(await gateway.tokenWith({ sub }), /sub/)
  })
  test('and what is no token at all is answered as if it were missing', async () => {
    expect((await ask('GET', '/api/catalogue', 'a b c')).status).toBe(401)
  })
})
