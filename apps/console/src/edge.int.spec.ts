import { request } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { type RunningGateway, startGateway } from './testing/gateway.ts'

let gateway: RunningGateway
afterEach(() => gateway?.stop())

interface Asked {
  readonly method?: 'GET' | 'POST'
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
}

const ask = async (path: string, { method = 'GET', token, headers = {} }: Asked = {}) => {
  const answer = await request(`${gateway.url}${path}`, {
    method,
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, headers: answer.headers, text }
}
const statuses = async (times: number, ...asked: Parameters<typeof ask>) => {
  const found: number[] = []
  for (let i = 0; i < times; i++) found.push((await ask(...asked)).status)
  return found
}

describe('limits', () => {
  test('tell what is left, and answer 429 as a problem that says when to come again', async () => {
    gateway = await startGateway({ RATE_LIMIT_READS: '2/7200', RATE_LIMIT_WRITES: '1/60' })
    const first = await ask('/api/catalogue')
    expect(first).toMatchObject({
      status: 200,
      headers: { 'ratelimit-policy': '"reads";q=2;w=7200', ratelimit: '"reads";r=1;t=3600' },
    })
    await ask('/api/catalogue')
    const refused = await ask('/api/catalogue')
    expect(refused.status).toBe(429)
    expect(refused.headers['content-type']).toMatch('application/problem+json')
    expect(refused.headers['ratelimit-policy']).toBe('"reads";q=2;w=7200')
    expect(refused.headers['retry-after']).toMatch(/^3[56]\d\d$/)
    expect(refused.headers.ratelimit).toBe(`"reads";r=0;t=${refused.headers['retry-after']}`)
    expect(JSON.parse(refused.text)).toEqual({
      ...{ type: 'urn:waybill:problem:quota-exceeded', title: 'Quota exceeded', status: 429 },
      detail: expect.stringContaining('2 reads in 7200 s'),
      'violated-policies': ['reads'],
    })
    // Each class has a quota of its own, and what is not ours to limit goes on.
    const write = await ask('/api/orders', { method: 'POST' })
    expect([write.status, write.headers.ratelimit]).toEqual([200, '"writes";r=0;t=60'])
    expect((await ask('/health/live')).status).toBe(200)
    expect((await ask('/docs/json')).headers.ratelimit).toBeUndefined()
  })

  test('count who is known by name, and who is not by address', async () => {
    gateway = await startGateway({ AUTH: 'oidc', RATE_LIMIT_READS: '2/3600', TRUSTED_PROXIES: '127.0.0.0/8' })
    const [sam, olga] = [await gateway.tokenFor('sam'), await gateway.tokenFor('olga')]
    const by = (address: string) => ({ 'x-forwarded-for': address })
    // The issuer's keys are asked for at this very gateway, from its own address.
    expect(await statuses(3, '/api/catalogue', { token: sam, headers: by('203.0.113.1') })).toEqual([200, 200, 429])
    expect(await statuses(1, '/api/catalogue', { token: sam, headers: by('203.0.113.2') })).toEqual([429])
    expect(await statuses(1, '/api/catalogue', { token: olga, headers: by('203.0.113.1') })).toEqual([200])

    expect(await statuses(3, '/api/catalogue', { headers: by('203.0.113.1') })).toEqual([401, 401, 429])
    expect(await statuses(1, '/api/catalogue', { token: 'none', headers: by('203.0.113.1') })).toEqual([429])
    expect(await statuses(1, '/api/catalogue', { headers: by('203.0.113.3') })).toEqual([401])
    expect(await statuses(3, '/api/catalogue', { headers: by('2001:db8::1') })).toEqual([401, 401, 429])
    expect(await statuses(1, '/api/catalogue', { headers: by('2001:db8::2') })).toEqual([429])
  })

  test('hold whoever tries to log in', async () => {
    gateway = await startGateway({ AUTH: 'oidc', RATE_LIMIT_LOGINS: '2/3600' })
    expect(await statuses(3, '/auth/login')).toEqual([302, 302, 429])
    expect((await ask('/issuer/token', { method: 'POST' })).status).toBe(429)
    expect((await ask('/issuer/jwks')).status).toBe(200)
  })

  test('can be switched off', async () => {
    gateway = await startGateway({ RATE_LIMIT_READS: 'off' })
    expect((await ask('/api/catalogue')).headers).not.toHaveProperty('ratelimit')
  })

  test.each(['', '0/60', '5', '5/0', '-1/60'])('are refused at the start when they are %j', async (set) => {
    const starting = startGateway({ RATE_LIMIT_WRITES: set })
    if (set === '') gateway = await starting
    else await expect(starting).rejects.toThrow('RATE_LIMIT_WRITES')
  })
})

describe('a write that is refused', () => {
  const recorded = async () => {
    await gateway.stop()
    return gateway.recorded.map(({ actor, action, target, detail }) => [
      ...[actor, action, target],
      detail.replace(/ at \S+Z: .*/, ''),
    ])
  }

  test('is put on record, with who, what and why; a look is not', async () => {
    gateway = await startGateway({ AUTH: 'oidc', RATE_LIMIT_WRITES: '4/3600' })
    const write = (path: string, token?: string, headers?: Record<string, string>) =>
      ask(path, { method: 'POST', ...(token && { token }), ...(headers && { headers }) })
    const [cara, sam, olga] = [
      await gateway.tokenFor('cara'),
      await gateway.tokenFor('sam'),
      await gateway.tokenFor('olga'),
    ]
    await write('/api/orders/of-carl/cancel?because=secret')
    await write('/api/orders/of-carl/cancel', 'forged')
    await write('/api/orders/of-carl/cancel', cara)
    await write('/api/orders/of-cust-0001/cancel', cara)
    await write('/api/traffic', sam)
    await write('/api/traffic', olga, { origin: 'http://evil.example' })
    for (let i = 0; i < 4; i++) await write('/api/sagas/s/compensate', olga)
    await ask('/api/audit', { token: sam })
    expect(await recorded()).toEqual([
      ['unknown:127.0.0.0/24', 'POST /api/orders/:orderId/cancel', '/api/orders/of-carl/cancel', '401 token-missing'],
      ['unknown:127.0.0.0/24', 'POST /api/orders/:orderId/cancel', '/api/orders/of-carl/cancel', '401 token-refused'],
      ['customer:cust-0001', 'POST /api/orders/:orderId/cancel', '/api/orders/of-carl/cancel', '404'],
      ['operator:sam', 'POST /api/traffic', '/api/traffic', '403 not-allowed'],
      ['operator:olga', 'POST /api/traffic', '/api/traffic', '403 cross-site-request'],
      ['operator:olga', 'POST /api/sagas/:sagaId/compensate', '/api/sagas/s/compensate', '429 quota-exceeded'],
    ])
  })

  test('without a login, too: by a page of another site, or one that made its own name lead here', async () => {
    gateway = await startGateway({})
    const host = new URL(gateway.url).host
    await ask('/api/traffic', { method: 'POST', headers: { origin: 'http://evil.example' } })
    await ask('/api/traffic', { method: 'POST', headers: { host: `evil.example:${host.split(':')[1]}` } })
    expect(await recorded()).toEqual([
      ['unknown:127.0.0.0/24', 'POST /api/traffic', '/api/traffic', '403 cross-site-request'],
      ['unknown:127.0.0.0/24', 'POST /api/traffic', '/api/traffic', '421 foreign-host'],
    ])
  })
})
