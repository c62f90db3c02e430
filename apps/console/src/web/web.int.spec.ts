import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { Controller, Get, Module, Post } from '@nestjs/common'
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApplication } from '#libs/http'
import { serveConfirmPage } from './confirm-page.ts'
import { refuseCrossSiteWrites } from './csrf.ts'
import { refuseForeignHosts } from './known-host.ts'
import { serveWeb } from './serve-web.ts'

@Controller('api')
class Things {
  @Get('things')
  list() {
    return { items: [] }
  }
  @Post('things')
  add() {
    return { added: true }
  }
}

@Module({ controllers: [Things] })
class TestModule {}

const PAGE = '<!doctype html><title>Waybill</title>'
const SCRIPT = `export const long = '${'x'.repeat(2_000)}'`

const TWINS = { br: brotliCompressSync(SCRIPT), gzip: gzipSync(SCRIPT), identity: Buffer.from(SCRIPT) }

let url: string
let origin: string
const cleanUp: (() => unknown)[] = []
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-web-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), PAGE)
  await writeFile(join(folder, 'assets/main-1a2b.js'), SCRIPT)
  await writeFile(join(folder, 'assets/main-1a2b.js.br'), TWINS.br)
  await writeFile(join(folder, 'assets/main-1a2b.js.gz'), TWINS.gzip)
  const app = await createApplication(TestModule)
  refuseCrossSiteWrites(app.getHttpAdapter().getInstance() as never)
  refuseForeignHosts(app.getHttpAdapter().getInstance() as never)
  void app.register(serveConfirmPage)
  void app.register(serveWeb(folder))
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  origin = new URL(url).origin
  cleanUp.push(
    () => rm(folder, { recursive: true }),
    () => app.close(),
  )
})
afterAll(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

const get = async (path: string, headers: Record<string, string> = {}) => {
  const answer = await request(`${url}${path}`, { headers })
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.from(await answer.body.arrayBuffer()) }
}
const browser = { accept: 'text/html,*/*' }

test('every address that a screen may have is the page; what the gateway answers itself stays as it is', async () => {
  for (const path of ['/', '/orders', '/orders/7?asOf=3', '/apiary', '/documents'])
    expect((await get(path, browser)).body.toString(), path).toBe(PAGE)
  expect((await get('/')).body.toString()).toBe(PAGE)
  expect((await get('/api/things', browser)).body.toString()).toBe('{"items":[]}')
  for (const path of ['/api/nothing', '/api', '/docs/nothing', '/assets/gone.js', '/health/nothing']) {
    const { status, headers } = await get(path, browser)
    expect(status, path).toBe(404)
    expect(headers['content-type']).toContain('application/problem+json')
  }
  expect((await get('/orders', { accept: 'application/json' })).status, 'a program that is lost is told so').toBe(404)
  expect((await request(`${url}/api/things`, { method: 'DELETE' })).statusCode).toBe(405)
})

test('the page runs nothing that is not a file of ours, and is asked for each time', async () => {
  const { headers } = await get('/', browser)
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers['cache-control']).toBe('no-cache')
  const again = await get('/', { ...browser, 'if-none-match': String(headers.etag) })
  expect(again.status).toBe(304)
  expect(again.body).toHaveLength(0)
})

test('the page that a link in a mail leads to runs its own script only, and can write with its token', async () => {
  const { headers, body } = await get('/confirm-subscription', browser)
  const script = /<script>([\s\S]*)<\/script>/.exec(body.toString())![1]!
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}';`)
  expect(policy).not.toContain('unsafe')
  expect(headers['referrer-policy']).toBe('no-referrer')
  expect(String(headers['set-cookie'])).toMatch(/^waybill-csrf=/)
})

test('a file with a hash in its name is kept for good, and comes as small as the browser can take it', async () => {
  for (const [accepted, encoding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['identity', undefined],
  ] as const) {
    const { headers, body } = await get('/assets/main-1a2b.js', { 'accept-encoding': accepted })
    expect(headers['content-encoding']).toBe(encoding)
    expect(headers['cache-control']).toContain('immutable')
    expect(headers['content-type']).toContain('text/javascript')
    expect(body).toEqual(TWINS[encoding ?? 'identity'])
  }
})

const post = async (headers: Record<string, string>): Promise<number> => {
  const answer = await request(`${url}/api/things`, { method: 'POST', headers })
  await answer.body.dump()
  return answer.statusCode
}

test('a program writes as ever; a page of another site writes nothing, and one of ours only with its token', async () => {
  const cookie = String((await get('/', browser)).headers['set-cookie']).split(';')[0]!
  const token = cookie.split('=')[1]!
  expect(await post({}), 'a program').toBe(201)
  expect(await post({ origin, cookie, 'x-csrf-token': token, 'sec-fetch-site': 'same-origin' }), 'our page').toBe(201)
  expect(await post({ origin, cookie, 'sec-fetch-site': 'same-origin' }), 'without its token').toBe(403)
  expect(await post({ origin, cookie, 'x-csrf-token': `${token.slice(0, -1)}!` }), 'with another one').toBe(403)
  expect(await post({ origin, 'x-csrf-token': '', 'sec-fetch-site': 'same-origin' }), 'with none at all').toBe(403)
  for (const from of ['http://evil.example', 'null', 'http://127.0.0.1:1'])
    expect(await post({ origin: from, cookie, 'x-csrf-token': token }), from).toBe(403)
  for (const site of ['cross-site', 'same-site', 'none'])
    expect(await post({ cookie, 'x-csrf-token': token, 'sec-fetch-site': site }), site).toBe(403)
})

test('a browser that has a token keeps it, so that pages that are open go on', async () => {
  const { headers } = await get('/', { ...browser, cookie: 'other=1; waybill-csrf=abcdefghijklmnopqrstuv' })
  expect(headers['set-cookie']).toBeUndefined()
})

test('a name that a stranger made lead here is answered nothing, also where page and port are of one origin', async () => {
  for (const host of ['evil.example', 'evil.example:8080', '127.0.0.1.evil.example', 'localhost.evil.example', 'a b'])
    for (const path of ['/', '/api/things']) expect((await get(path, { ...browser, host })).status, host).toBe(421)
  for (const host of [
    'localhost',
    'localhost:8080',
    '127.0.0.1:8080',
    '[::1]:8080',
    'console:8080',
    'waybill.localhost',
  ])
    expect((await get('/api/things', { host })).status, host).toBe(200)
})
