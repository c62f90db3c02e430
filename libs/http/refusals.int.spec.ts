import { once } from 'node:events'
import { connect } from 'node:net'
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parse } from './parse.ts'
import { type RunningService, startService } from './start-service.ts'

const order = z.strictObject({
  customerId: z.string(),
  quantity: z.coerce.number().int().min(1),
  kind: z.enum(['gift', 'own']).optional(),
})

@Controller('orders')
class OrdersController {
  @Post()
  place(@Body() body: unknown) {
    return parse(order, body)
  }

  @Get()
  list(@Query() query: unknown) {
    return query
  }

  @Get(':id')
  find(@Param('id') id: string) {
    return { id }
  }
}

@Module({ controllers: [OrdersController] })
class TestModule {}

let service: RunningService
let port: number
beforeAll(async () => {
  const config = { HOST: 'localhost', PORT: 0, LOG_LEVEL: 'silent', LOG_FORMAT: 'json', SERVICE_AUTH: 'off' } as const
  service = await startService(TestModule, { name: 'refusals', config })
  port = Number(new URL(service.url).port)
})
afterAll(() => service.stop())

const REQUEST_MS = 10_000

/** What the server says to these bytes, until it hangs up. */
const say = async (bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString()
  })
  socket.write(bytes)
  await once(socket, 'close')
  return answer
}

const expectProblem = (answer: string, status: number) => {
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(answer.toLowerCase()).toContain('content-type: application/problem+json')
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, title: expect.any(String) })
}

describe('what is refused before it reaches a route is a problem, too', () => {
  const CLOSE = 'Host: x\r\nConnection: close\r\n'
  test.each([
    ['a method that nobody knows', `FLY / HTTP/1.1\r\n${CLOSE}\r\n`, 400],
    ['two content lengths', `POST /orders HTTP/1.1\r\n${CLOSE}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{`, 400],
    [
      'a length and chunks',
      `POST /orders HTTP/1.1\r\n${CLOSE}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['a header too large', `GET /orders HTTP/1.1\r\n${CLOSE}X: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['no host', 'GET /orders HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['CONNECT', `CONNECT example.org:443 HTTP/1.1\r\n${CLOSE}\r\n`, 405],
    ['an expectation', `POST /orders HTTP/1.1\r\n${CLOSE}Expect: miracles\r\nContent-Length: 2\r\n\r\n{}`, 417],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['an address that is none', `GET http://[/orders HTTP/1.1\r\n${CLOSE}\r\n`, 400],
    ['an address that is no UTF-8', `GET /orders/%ff HTTP/1.1\r\n${CLOSE}\r\n`, 400],
    ['a null byte in the address', `GET /orders/%00 HTTP/1.1\r\n${CLOSE}\r\n`, 400],
    ['a null byte in the query', `GET /orders?cursor=a%00b HTTP/1.1\r\n${CLOSE}\r\n`, 400],
  ])('%s', async (_, bytes, status) => {
    expectProblem(await say(bytes), status)
  })

  test('a body that does not come in time', async () => {
    const server = service.app.getHttpServer()
    await expect.poll(() => server.requestTimeout, { timeout: 20_000 }).toBe(REQUEST_MS)
    server.requestTimeout = 500
    const headers = 'Host: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n'
    expectProblem(await say(`POST /orders HTTP/1.1\r\n${headers}\r\n{"customer`), 408)
    server.requestTimeout = REQUEST_MS
  })
})

describe('an address that is served', () => {
  test('names its methods to who tries another', async () => {
    const { status, headers } = await fetch(`${service.url}/orders?limit=1`, { method: 'DELETE' })
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect((await fetch(`${service.url}/orders/7`, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD')
    expect((await fetch(`${service.url}/nowhere`, { method: 'DELETE' })).status).toBe(404)
  })

  test('answers HEAD with the length of GET and no body', async () => {
    const head = await fetch(`${service.url}/orders/7`, { method: 'HEAD' })
    const get = await fetch(`${service.url}/orders/7`)
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
    expect(await head.text()).toBe('')
  })

  test('is served on both addresses of localhost', async () => {
    const probe = connect(port, '::1')
    const [event] = await Promise.race([
      once(probe, 'connect').then(() => ['connect']),
      once(probe, 'error').then(([error]) => [(error as NodeJS.ErrnoException).code]),
    ])
    probe.destroy()
    // A machine without IPv6 has no such address.
    if (event !== 'EADDRNOTAVAIL') expect((await fetch(`http://[::1]:${port}/orders/7`)).status).toBe(200)
  })
})

describe('a body', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/orders`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    })
  const good = '{"customerId":"ada","quantity":1}'

  test.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, RegExp]>([
    ['compressed', good, { 'content-encoding': 'gzip' }, 415, /gzip/],
    ['in another charset', good, { 'content-type': 'application/json; charset=latin1' }, 415, /latin1/],
    ['of another type', good, { 'content-type': 'text/plain' }, 415, /application\/json/],
    ['that is a form', 'customerId=ada', { 'content-type': 'application/x-www-form-urlencoded' }, 415, /json/],
    ['that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400, /UTF-8/],
    ['that is no JSON', '{', {}, 400, /JSON/],
    ['that replaces a prototype', '{"__proto__":{"a":1}}', {}, 400, /__proto__/],
    ['with half a surrogate pair', '{"customerId":"\\ud800","quantity":1}', {}, 400, /customerId.*surrogate/],
    ['with a control character', '{"customerId":"a\\u0000","quantity":1}', {}, 400, /customerId.*U\+0000/],
    ['with a line break in a name', '{"customerId":"a\\nBcc: b","quantity":1}', {}, 400, /customerId.*U\+000A/],
    ['nested without end', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, {}, 400, /deep/],
  ])('%s is refused by name', async (_, body, headers, status, detail) => {
    const answer = await post(body, headers)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect((await answer.json()) as object).toMatchObject({ detail: expect.stringMatching(detail) })
  })

  test.each<[unknown, string]>([
    [{ quantity: 1 }, '/customerId: is missing'],
    [{ customerId: 7, quantity: 1 }, '/customerId: is not a text'],
    [{ customerId: 'ada', quantity: 'many' }, '/quantity: is not a number'],
    [{ customerId: 'ada', quantity: 0 }, '/quantity: is less than 1'],
    [{ customerId: 'ada', quantity: 1.5 }, '/quantity: is not a whole number'],
    [{ customerId: 'ada', quantity: 1, kind: 'loan' }, '/kind: is none of gift, own'],
    [7, 'the body: is not an object'],
  ])('%j is refused in plain words', async (body, detail) => {
    expect((await (await post(JSON.stringify(body))).json()) as object).toMatchObject({ detail })
  })

  test('in UTF-8 that says so is read', async () => {
    expect((await post(good, { 'content-type': 'application/json; charset=UTF-8' })).status).toBe(201)
  })
})

test('who has begun to ask before it stops is answered, and no more on that connection', async () => {
  const config = { HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent', LOG_FORMAT: 'json', SERVICE_AUTH: 'off' } as const
  const stopping = await startService(TestModule, { name: 'refusals', config })
  const server = stopping.app.getHttpServer()
  const socket = connect(Number(new URL(stopping.url).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk.toString()
  })
  const asked = once(server, 'request')
  socket.write('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{')
  await asked
  const stopped = stopping.stop()
  const comer = async () => (await fetch(`${stopping.url}/orders/7`)).status
  await expect.poll(comer, { interval: 5, timeout: 20_000 }).toBe(503)
  socket.write('"customerId":"ada","quantity":1}')
  await once(socket, 'close')
  await stopped
  expect(answer).toContain('HTTP/1.1 201')
  expect(answer.toLowerCase()).toContain('connection: close')
})
