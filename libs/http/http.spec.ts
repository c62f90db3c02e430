import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { configureLogging } from '#libs/observability'
import { healthModule } from './health.ts'
import { parse } from './parse.ts'
import { Problem } from './problem.ts'
import { createApplication } from './start-service.ts'
import { Trace } from './trace.ts'

configureLogging({ level: 'silent' })

const order = z.strictObject({
  customerId: z.string().regex(/^\w+$/),
  items: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })).min(1),
})

@Controller('orders')
class OrdersController {
  @Post()
  place(@Body() body: unknown) {
    return parse(order, body)
  }

  @Get(':id')
  find(@Param('id') id: string, @Trace() trace: string) {
    if (id === 'gone')
      throw new Problem(409, { type: 'order-gone', title: 'Gone', detail: 'too late', extensions: { orderId: id } })
    if (id === 'bug') throw new Error('secret')
    return { id, trace }
  }
}

let database: () => Promise<unknown> = async () => {}

@Module({
  imports: [healthModule({ database: () => database(), broker: async () => {} })],
  controllers: [OrdersController],
})
class TestModule {}

let app: NestFastifyApplication
beforeAll(async () => {
  app = await createApplication(TestModule)
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
})
afterAll(() => app.close())

const post = (payload: string, contentType = 'application/json') =>
  app.inject({ method: 'POST', url: '/orders', headers: { 'content-type': contentType }, payload })

describe('everything that is not a success is a problem', () => {
  const problems: [string, () => ReturnType<typeof post>, number][] = [
    ['an unknown route', () => app.inject('/nowhere'), 404],
    ['broken JSON', () => post('{"customerId":'), 400],
    ['an empty body', () => post(''), 400],
    ['another media type', () => post('<order/>', 'application/xml'), 415],
    ['a body over 64 KiB', () => post(JSON.stringify({ customerId: 'x'.repeat(64 * 1024) })), 413],
    ['a malformed URL', () => app.inject('/orders/%zz'), 400],
    ['what a controller says', () => app.inject('/orders/gone'), 409],
    ['a bug', () => app.inject('/orders/bug'), 500],
  ]
  test.each(problems)('%s', async (_, request, status) => {
    const response = await request()
    expect(response.statusCode).toBe(status)
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(response.json()).toMatchObject({ status, title: expect.any(String), type: expect.any(String) })
    expect(response.body).not.toContain('secret')
  })

  test('with type, detail and extensions', async () => {
    expect((await app.inject('/orders/gone')).json()).toEqual({
      type: 'urn:waybill:problem:order-gone',
      title: 'Gone',
      status: 409,
      detail: 'too late',
      orderId: 'gone',
    })
  })
})

describe('a body', () => {
  test('just below 64 KiB is read', async () => {
    expect((await post(JSON.stringify({ customerId: '!'.repeat(65_000) }))).statusCode).toBe(400)
  })

  test('is answered with every bad field by its pointer', async () => {
    const body = {
      customerId: '?',
      items: [
        { sku: 'A', quantity: 1 },
        { sku: 7, quantity: 0 },
      ],
      'a/b~c': 1,
      more: 2,
    }
    const { errors } = (await post(JSON.stringify(body))).json<{ errors: { pointer: string; detail: string }[] }>()
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(
      ['/a~1b~0c', '/customerId', '/items/1/quantity', '/items/1/sku', '/more'].sort(),
    )
    expect(errors.every(({ detail }) => detail.length > 0)).toBe(true)
  })

  test('that is no object at all is named as a whole', async () => {
    expect((await post('[]')).json()).toMatchObject({ errors: [{ pointer: '' }] })
  })
})

describe('a trace', () => {
  test('is continued with a span of our own', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const { trace } = (await app.inject({ url: '/orders/1', headers: { traceparent } })).json<{ trace: string }>()
    expect(trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
    expect(trace).not.toBe(traceparent)
  })

  test.each(['', 'nonsense', '00-00000000000000000000000000000000-b7ad6b7169203331-01'])(
    'begins when the caller sends %j',
    async (traceparent) => {
      const { trace } = (await app.inject({ url: '/orders/1', headers: { traceparent } })).json<{ trace: string }>()
      // Nobody collects spans here, so nobody is asked to record any.
      expect(trace).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    },
  )
})

describe('health', () => {
  test('is live and, with every check passing, ready', async () => {
    expect((await app.inject('/health/live')).statusCode).toBe(200)
    expect((await app.inject('/health/ready')).json()).toEqual({
      status: 'ok',
      checks: { database: 'ok', broker: 'ok' },
    })
  })

  test('is not ready, and says why, when a check fails', async () => {
    database = async () => {
      throw new Error('connection refused')
    }
    const response = await app.inject('/health/ready')
    expect(response.statusCode).toBe(503)
    expect(response.json()).toMatchObject({ checks: { database: 'Error: connection refused', broker: 'ok' } })
    expect((await app.inject('/health/live')).statusCode).toBe(200)
  })

  test('metrics count requests by route, not by path', async () => {
    await app.inject('/orders/1')
    const { body, headers } = await app.inject('/metrics')
    expect(headers['content-type']).toMatch(/^application\/openmetrics-text/)
    expect(body).toContain('waybill_http_request_duration_seconds_count{method="GET",route="/orders/:id",status="200"}')
  })
})
