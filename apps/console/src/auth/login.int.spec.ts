import type { FastifyInstance } from 'fastify'
import { request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApplication } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { newMasterKey } from '#libs/personal-data'
import { freePort } from '#libs/testing'
import { startSimulators, temporaryDirectory } from '../../../simulators/src/testing/simulators.ts'
import { consoleModule } from '../console.module.ts'
import { Forwarder } from '../forwarder.ts'
import { gateway } from '../gateway.ts'
import { refuseCrossSiteWrites } from '../web/csrf.ts'
import { authorize } from './authorize.ts'
import { developmentIssuer } from './development-issuer.ts'
import { identify } from './identify.ts'
import { serveLogin } from './login.ts'
import { serveMe } from './me.ts'
import { Owners } from './owners.ts'
import { Provider } from './provider.ts'
import { SESSION_COOKIE, Sessions } from './sessions.ts'
import { TokenVerifier } from './tokens.ts'

configureLogging({ level: 'silent' })

const cleanUp: (() => unknown)[] = []
let url: string
let issuer: string
let now = Date.now()

/** The gateway with its login, and the simulators' issuer shown by it, as under `npm start`. */
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  issuer = `${url}/issuer`
  const directory = await temporaryDirectory()
  const simulators = await startSimulators(directory.path, { OIDC_ISSUER: issuer })
  cleanUp.push(
    () => directory[Symbol.asyncDispose](),
    () => simulators.stop(),
  )
  const names = ['ORDER', 'PAYMENT', 'INVENTORY', 'FULFILLMENT', 'NOTIFICATION', 'QUERY', 'ANALYTICS', 'SIMULATORS']
  const app = await createApplication(
    consoleModule({
      ...(Object.fromEntries(names.map((name) => [`${name}_URL`, simulators.url])) as object),
      ...{ KAFKA_BROKERS: ['127.0.0.1:1'], ALERT_RULES: 'deploy/prometheus/rules.yml' },
      ...{ VAULT_URL: 'postgresql://127.0.0.1:1/none', MASTER_KEYS: newMasterKey() },
    } as never),
  )
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance
  const forwarder = app.get(Forwarder)
  const claims = { audience: 'waybill', rolesClaim: 'roles', customerClaim: 'customer_id' }
  const verifier = new TokenVerifier({ issuer, ...claims })
  const sessions = new Sessions(() => now)
  const provider = new Provider({ issuer, clientId: 'waybill-console', scope: 'openid' })
  identify(fastify, verifier, sessions)
  refuseCrossSiteWrites(fastify)
  authorize(fastify, new Owners(forwarder), sessions)
  void app.register(serveLogin({ provider, verifier, sessions, origin: url }))
  void app.register(serveMe)
  void app.register(developmentIssuer(forwarder))
  void app.register(gateway(forwarder))
  fastify.get('/api/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: begin\n\n')
  })
  await app.listen(port, '127.0.0.1')
  cleanUp.push(() => app.close())
})
beforeEach(() => {
  now = Date.now()
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

const CSRF = 'abcdefghijklmnopqrstuv'

/** What a browser does: keeps cookies, follows nothing by itself. */
class Browser {
  readonly cookies = new Map<string, string>([['waybill-csrf', CSRF]])
  said: string[] = []

  async get(path: string) {
    return this.#send('GET', path, {})
  }
  async post(path: string, headers: Record<string, string> = { 'x-csrf-token': CSRF }) {
    return this.#send('POST', path, { origin: url, 'sec-fetch-site': 'same-origin', ...headers })
  }
  async #send(method: 'GET' | 'POST', path: string, headers: Record<string, string>) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await request(new URL(path, url), { method, headers: { cookie, ...headers } })
    this.said = [answer.headers['set-cookie'] ?? []].flat()
    for (const [, name, value] of this.said.map((each) => /^([^=]+)=([^;]*)/.exec(each)!))
      if (value === '') this.cookies.delete(name!)
      else this.cookies.set(name!, value!)
    return {
      ...{ status: answer.statusCode, location: String(answer.headers.location), headers: answer.headers },
      text: await answer.body.text(),
    }
  }

  /** To the address that the provider sends the browser back to. */
  async choose(user: string, to = '/') {
    const { location } = await this.get(`/auth/login?${new URLSearchParams({ to })}`)
    const { text } = await this.get(location)
    const link = [...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!.replaceAll('&#38;', '&'))
    const chosen = link.find((href) => new URLSearchParams(href).get('user') === user)!
    return (await this.get(new URL(chosen, location).href)).location
  }
  async login(user: string, to = '/') {
    return this.get(await this.choose(user, to))
  }
  get session() {
    return this.cookies.get(SESSION_COOKIE)
  }
  async me() {
    const { status, text } = await this.get('/api/me')
    return status === 200 ? JSON.parse(text) : status
  }
}

const loggedIn = async (user: string) => {
  const browser = new Browser()
  await browser.login(user)
  return browser
}

describe('a login', () => {
  test('leads back to where it was asked for, with a session that no script can read', async () => {
    const browser = new Browser()
    expect(await browser.me()).toBe(401)
    const { status, location, text } = await browser.login('olga', '/orders?status=placed')
    expect([status, location]).toEqual([302, '/orders?status=placed'])
    expect(text).not.toMatch(/eyJ/)
    const kept = browser.said.find((each) => each.startsWith(SESSION_COOKIE))!
    expect(kept).toMatch(/^waybill-session=[\w-]{43}; Path=\/; Max-Age=35\d\d; HttpOnly; SameSite=Strict$/)
    expect([...browser.cookies.keys()].sort()).toEqual(['waybill-csrf', SESSION_COOKIE])
    expect(await browser.me()).toMatchObject({ auth: 'oidc', subject: 'olga', roles: ['operator'] })
  })

  test('shows whom to choose on a page without a script, whose choices lead to the console only', async () => {
    const browser = new Browser()
    const { location } = await browser.get('/auth/login')
    expect(browser.said[0]).toMatch(/; Path=\/auth; Max-Age=600; HttpOnly; SameSite=Lax$/)
    const { headers, text } = await browser.get(location)
    expect(headers['content-security-policy']).toContain("default-src 'none'; style-src 'sha256-")
    expect(text).not.toContain('<script')
    for (const elsewhere of [
      'http://evil.example/auth/callback',
      `${url}/auth/callback/..`,
      `${url}/auth/callback?a=b`,
    ]) {
      const asked = new URL(location)
      asked.searchParams.set('redirect_uri', elsewhere)
      expect(await browser.get(asked.href)).toMatchObject({ status: 400, location: 'undefined' })
    }
    const plain = new URL(location)
    plain.searchParams.set('code_challenge_method', 'plain')
    const back = new URL((await browser.get(plain.href)).location)
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      ...{ error: 'invalid_request', state: plain.searchParams.get('state'), iss: issuer },
    })
    expect((await browser.get(back.href)).text).toContain('the provider says invalid_request')
  })

  test('is Secure behind TLS', async () => {
    const { headers } = await request(`${url}/auth/login?moved=`, { headers: { 'x-forwarded-proto': 'https' } })
    expect(headers['set-cookie']).toMatch(/; Secure$/)
  })

  test('begins where the provider will send the browser, and is not sent on twice', async () => {
    const there = async (path: string) =>
      (await request(url + path, { headers: { host: 'localhost:1' } })).headers.location
    expect(await there('/auth/login?to=/a')).toBe(`${url}/auth/login?to=%2Fa&moved=`)
    expect(await there('/auth/login?to=/a&moved=')).toMatch(`${issuer}/authorize?`)
  })

  test.each(['//evil.example', 'http://evil.example/', '/\\evil.example', '/auth/login'])(
    'never leads to %s',
    async (to) => {
      const { status, location, headers } = await new Browser().get(`/auth/login?${new URLSearchParams({ to })}`)
      expect([status, location]).toEqual([400, 'undefined'])
      expect(headers['set-cookie']).toBeUndefined()
    },
  )

  test('nor when what is kept in the browser was changed', async () => {
    const browser = new Browser()
    const callback = await browser.choose('ada')
    const [name, value] = [...browser.cookies].find(([each]) => each.startsWith('waybill-login-'))!
    const { verifier } = JSON.parse(Buffer.from(value, 'base64url').toString())
    browser.cookies.set(name, Buffer.from(JSON.stringify({ verifier, to: '//evil.example' })).toString('base64url'))
    expect(await browser.get(callback)).toMatchObject({ status: 400, location: 'undefined' })
  })

  test('gives a session that nobody could know before, and ends the one that was', async () => {
    const browser = new Browser()
    browser.cookies.set(SESSION_COOKIE, 'a'.repeat(43))
    await browser.login('sam')
    expect(browser.session).not.toBe('a'.repeat(43))
    const before = browser.session!
    await browser.login('ada')
    expect(browser.session).not.toBe(before)
    browser.cookies.set(SESSION_COOKIE, before)
    expect(await browser.me()).toBe(401)
  })
})

describe('there is no session, and the reason is said,', () => {
  const failed = async (browser: Browser, callback: string, why: RegExp) => {
    const { status, text, headers } = await browser.get(callback)
    expect(status).toBe(400)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(text).toMatch(why)
    expect(browser.session).toBeUndefined()
  }

  test('for a code that was used', async () => {
    const browser = new Browser()
    const callback = await browser.choose('ada')
    const kept = new Map(browser.cookies)
    await browser.get(callback)
    browser.cookies.delete(SESSION_COOKIE)
    await failed(browser, callback, /done already/)
    for (const [name, value] of kept) browser.cookies.set(name, value)
    await failed(browser, callback, /invalid_grant/)
  })

  test('for another verifier', async () => {
    const browser = new Browser()
    const callback = await browser.choose('ada')
    const [name] = [...browser.cookies].find(([each]) => each.startsWith('waybill-login-'))!
    const other = { verifier: 'w'.repeat(43), to: '/' }
    browser.cookies.set(name, Buffer.from(JSON.stringify(other)).toString('base64url'))
    await failed(browser, callback, /invalid_grant/)
  })

  test("for somebody else's browser, another provider, and markup", async () => {
    const browser = new Browser()
    const callback = new URL(await browser.choose('ada'))
    await failed(new Browser(), callback.href, /not begun in this browser/)
    callback.searchParams.set('iss', 'http://evil.example')
    await failed(browser, callback.href, /not that of our provider/)
    const refused = new URL(await browser.choose('ada'))
    refused.searchParams.delete('code')
    refused.searchParams.set('error', '<b>')
    await failed(browser, refused.href, /the provider says &#60;b&#62;/)
  })
})

describe('a session', () => {
  test('may what its roles may, and writes with the token of its pages only', async () => {
    const browser = await loggedIn('sam')
    expect((await browser.get('/api/simulators/payment/totals')).status).not.toBeOneOf([401, 403])
    expect((await browser.post('/api/sagas/s/compensate')).text).toContain('this is for operator')
    const operator = await loggedIn('olga')
    expect((await operator.post('/api/sagas/s/compensate')).status).not.toBeOneOf([401, 403])
    expect((await operator.post('/api/sagas/s/compensate', {})).status).toBe(403)
    const cookie = `${SESSION_COOKIE}=${operator.session}`
    const program = await request(`${url}/api/sagas/s/compensate`, { method: 'POST', headers: { cookie } })
    expect([program.statusCode, await program.body.text()]).toEqual([
      403,
      expect.stringContaining('cross-site-request'),
    ])
  })

  test('does not count where a token is shown, even one that is none', async () => {
    const { session } = await loggedIn('ada')
    const headers = { cookie: `${SESSION_COOKIE}=${session}`, authorization: 'Bearer none' }
    expect((await request(`${url}/api/me`, { headers })).statusCode).toBe(401)
  })

  test('is over with its token', async () => {
    const browser = await loggedIn('ada')
    now += 3_590_000
    expect(await browser.me()).toMatchObject({ subject: 'ada' })
    now += 20_000
    expect(await browser.me()).toBe(401)
  })

  test('ends by a logout, by a page of ours only', async () => {
    const [browser, elsewhere] = [await loggedIn('ada'), await loggedIn('ada')]
    const id = browser.session!
    expect((await browser.post('/auth/logout', {})).status).toBe(403)
    expect((await browser.post('/auth/logout', { 'x-csrf-token': CSRF, origin: 'http://evil.example' })).status).toBe(
      403,
    )
    expect((await browser.post('/auth/logout')).status).toBe(204)
    expect(browser.session).toBeUndefined()
    browser.cookies.set(SESSION_COOKIE, id)
    expect(await browser.me()).toBe(401)
    expect((await browser.post('/auth/logout')).status).toBe(401)
    expect(await elsewhere.me()).toMatchObject({ subject: 'ada' })
    expect((await browser.get('/auth/logged-out')).text).toContain('Logged out')
  })

  test("ends everywhere, with what is still being sent, and nobody else's does", async () => {
    const [here, there, other] = [await loggedIn('ada'), await loggedIn('ada'), await loggedIn('olga')]
    const stream = await request(`${url}/api/stream`, { headers: { cookie: `${SESSION_COOKIE}=${there.session}` } })
    expect(stream.statusCode).toBe(200)
    const cut = expect(stream.body.text()).rejects.toThrow()
    expect((await here.post('/auth/logout-everywhere')).status).toBe(204)
    await cut
    expect([await here.me(), await there.me()]).toEqual([401, 401])
    expect(await other.me()).toMatchObject({ subject: 'olga' })
  })
})
