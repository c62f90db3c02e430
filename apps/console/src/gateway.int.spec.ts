import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Module } from '@nestjs/common'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApplication } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { Forwarder } from './forwarder.ts'
import { gateway } from './gateway.ts'
import type { ServiceName } from './services.ts'

configureLogging({ level: 'silent' })

@Module({})
class TestModule {}

/** What stands for every service: notes what it is asked, and answers when it is told to. */
interface Asked {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly answer: (status: number, body?: object) => void
  /** As if it had been killed. */
  readonly hangUp: () => void
}
let asked: Asked[]
let silent: ReadonlySet<string>
let url: string
let forwarder: Forwarder
const cleanUp: (() => unknown)[] = []

beforeEach(async () => {
  asked = []
  silent = new Set()
  const services = [
    'order',
    'payment',
    'inventory',
    'fulfillment',
    'notification',
    'query',
    'analytics',
    'simulators',
  ] as const
  const addresses = await Promise.all(services.map(async (name) => [name, await startStandIn(name)] as const))
  forwarder = new Forwarder(Object.fromEntries(addresses) as Record<ServiceName, string>)
  const app = await createApplication(TestModule)
  void app.register(gateway(forwarder))
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  cleanUp.push(() => app.close())
})
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

const startStandIn = async (name: string): Promise<string> => {
  const server = createServer(({ method, url, headers, socket }: IncomingMessage, response: ServerResponse) => {
    if (silent.has(name)) return
    const answer = (status: number, body: object = { from: name }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const key = headers['idempotency-key'] as string | undefined
    asked.push({ method: method!, path: url!, key, answer, hangUp: () => socket.destroy() })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  cleanUp.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ask = async (path: string, method = 'GET', headers: Record<string, string> = {}) => {
  const answer = await fetch(`${url}${path}`, { method, headers })
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: (await answer.json()) as object }
}
const until = (condition: () => boolean) => expect.poll(condition, { interval: 5, timeout: 20_000 }).toBe(true)

test('equal questions for a list share the answer that is on its way, and one that comes later is asked anew', async () => {
  const together = Array.from({ length: 50 }, () => ask('/api/orders?limit=2'))
  await until(() => asked.length > 0)
  const other = ask('/api/orders?limit=3')
  await until(() => asked.some(({ path }) => path.endsWith('3')))
  expect(asked.map(({ path }) => path)).toEqual(['/orders?limit=2', '/orders?limit=3'])
  for (const { answer } of asked.splice(0)) answer(200)
  expect((await Promise.all([...together, other])).every(({ status }) => status === 200)).toBe(true)
  const later = ask('/api/orders?limit=2')
  await until(() => asked.length > 0)
  asked[0]!.answer(200)
  expect((await later).status).toBe(200)
})

test('what every open page asks again and again is asked once for all, and told to be the same', async () => {
  const first = fetch(`${url}/api/sagas/counts`)
  await until(() => asked.length === 1)
  asked.splice(0)[0]!.answer(200)
  const etag = (await first).headers.get('etag')!
  const again = await fetch(`${url}/api/sagas/counts`, { headers: { 'if-none-match': etag } })
  expect(again.status).toBe(304)
  expect(asked).toEqual([])
})

test('what a service has just been told is never answered from before', async () => {
  const both = [ask('/api/stock/MUG'), ask('/api/stock/MUG')]
  await until(() => asked.length === 2)
  for (const { answer } of asked) answer(200)
  expect((await Promise.all(both)).every(({ status }) => status === 200)).toBe(true)
})

test('reads above the limit are told to come again, and writes go on beside them', async () => {
  const reads = Array.from({ length: 400 }, (_, n) => ask(`/api/stock/S${n}`))
  const shed = await firstOf(reads, 400 - 256)
  expect(shed.every(({ status, retryAfter }) => status === 503 && retryAfter === '1')).toBe(true)
  const write = ask('/api/stock/MUG/receipts', 'POST')
  await until(() => asked.some(({ method }) => method === 'POST'))
  const answering = setInterval(() => {
    for (const { answer } of asked.splice(0)) answer(200)
  }, 5)
  expect((await write).status).toBe(200)
  const statuses = (await Promise.all(reads)).map(({ status }) => status)
  clearInterval(answering)
  expect(statuses.filter((status) => status === 200)).toHaveLength(256)
})

test('the next source is asked when the first one is silent, does not know or fails', async () => {
  silent = new Set(['query'])
  const order = ask('/api/orders/7')
  await until(() => asked.length === 1)
  asked.splice(0)[0]!.answer(200)
  expect(await order).toMatchObject({ status: 200, body: { from: 'order', missing: ['query'] } })
  silent = new Set()
  for (const status of [404, 500, 503]) {
    const again = ask('/api/orders/7')
    await until(() => asked.length === 1)
    asked[0]!.answer(status)
    await until(() => asked.length === 2)
    asked.splice(0)[1]!.answer(200)
    expect(await again, String(status)).toMatchObject({ status: 200, body: { from: 'order', missing: ['query'] } })
  }
})

test('the past is for the owner of the events to tell, who alone is asked', async () => {
  for (const status of [200, 404, 400]) {
    const past = ask('/api/orders/7?asOf=1')
    await until(() => asked.length === 1)
    asked.splice(0)[0]!.answer(status)
    expect(await past).toEqual({ status, retryAfter: null, body: { from: 'order' } })
  }
})

describe('a request to a service that is being started again', () => {
  const quote = () => ask('/api/quotes', 'POST', { 'idempotency-key': 'one' })
  const next = async (): Promise<Asked> => {
    await until(() => asked.length > 0)
    return asked.shift()!
  }

  test('is sent again, under its key, when the service was killed with it', async () => {
    const answer = quote()
    for (let kills = 0; kills < 2; kills++) (await next()).hangUp()
    const last = await next()
    expect([last.method, last.path, last.key]).toEqual(['POST', '/quotes', 'one'])
    last.answer(201)
    expect(await answer).toMatchObject({ status: 201, body: { from: 'order' } })
  })

  test('is sent again when the service refused it since it is about to stop', async () => {
    const answer = quote()
    ;(await next()).answer(503, { type: 'urn:waybill:problem:stopping', status: 503 })
    ;(await next()).answer(201)
    expect(await answer).toMatchObject({ status: 201 })
  })

  test('is answered 503, and when to come again, when none comes', async () => {
    const hangingUp = setInterval(() => {
      for (const { hangUp } of asked.splice(0)) hangUp()
    }, 5)
    cleanUp.push(() => clearInterval(hangingUp))
    const request = { method: 'POST', path: '/quotes', headers: { 'idempotency-key': 'one' } }
    await expect(forwarder.forward('order', request, { answerMs: 10_000, restartMs: 500 })).rejects.toMatchObject({
      ...{ status: 503, headers: { 'retry-after': '1' }, details: { missing: ['order'] } },
    })
  })
})

test('a part of an answer that is not there yet is told to be asked for again, and why', async () => {
  const part = forwarder.get('query', '/customers/c/history', { answerMs: 10_000, restartMs: 0 })
  await until(() => asked.length === 1)
  asked.shift()!.answer(503, { detail: 'it is being filled' })
  await expect(part).rejects.toMatchObject({
    ...{ status: 503, headers: { 'retry-after': '1' } },
    details: { detail: 'query: it is being filled', missing: ['query'] },
  })
})

test('who is silent is named', async () => {
  silent = new Set(['query', 'order'])
  expect(await ask('/api/orders/7')).toMatchObject({ status: 504, body: { missing: ['query', 'order'] } })
})

const firstOf = async <T>(answers: readonly Promise<T>[], count: number): Promise<T[]> => {
  const settled: T[] = []
  for (const answer of answers) void answer.then((it) => settled.push(it))
  await until(() => settled.length >= count)
  return settled
}
