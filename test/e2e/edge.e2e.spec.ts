import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { Kafka, logLevel } from 'kafkajs'
import { Pool } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Client, orderOf } from '../support/client.ts'
import { exposedBy } from '../support/exposed.ts'
import { anyBody, anyParameter, type OpenApi, operationsOf, strictly } from '../support/openapi.ts'
import { provisionedQueries } from '../support/queries.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { tracesOf } from '../support/traces-of.ts'
import { until } from '../support/until.ts'

const FUZZ = 800
const CONNECTIONS = 2_000
/** Reads that so many ask at once, others in each run; each takes some two seconds. */
const LOADED = Number(process.env.LOADED_ROUTES ?? 15)
const SKU = 'MUG-WHITE-330'
/** Has committed something, and nobody is in it. */
const IDLE_GROUP = 'edge-idle'
/** Whether there is a version to switch to, or a rebuild to cancel, depends on how far it has come. */
const MAY_BE_REFUSED =
  /^\/api\/((projections\/.*|analytics\/rebuild)\/(switch|rollback|cancel)|subscriptions\/.*\/(repeat|confirmation)|traffic)$/

let system: RunningSystem
let client: Client
let document: OpenApi
/** One that has gone all the way, so that there is something of everything to be seen. */
let orderId: string
let operationId: string
let returnId: string
let quoteId: string
let subscriptionId: string
let campaignId: string
/** Of the link in a mail. */
let token: string
beforeAll(async () => {
  system = await startSystem()
  client = new Client(system.url)
  document = await client.get<OpenApi>('/docs/json')
  orderId = await client.placeSurely(orderOf({ [SKU]: 2 }, { customerId: 'edge', token: 'tok_ok' }))
  await client.placeSurely(orderOf({ [SKU]: 1 }, { customerId: 'edge', token: 'tok_declined' }))
  await client.terminal(orderId)
  const back = { items: [{ sku: SKU, quantity: 1 }], reason: 'too small' }
  const returned = await client.call<{ returnId: string }>('POST', `/api/orders/${orderId}/returns`, back, key())
  returnId = returned.body.returnId
  const quoted = await client.call<{ quoteId: string }>('POST', '/api/quotes', questionOf({ [SKU]: 1 }), key())
  quoteId = quoted.body.quoteId
  const redrive = { filter: { service: 'payment' }, reason: 'to have one' }
  const { body } = await client.call<{ operationId: string }>('POST', '/api/parked/redrive', redrive, key())
  operationId = body.operationId
  const subscribed = await client.call<{ subscriptionId: string }>('POST', '/api/subscriptions', subscription, key())
  subscriptionId = subscribed.body.subscriptionId
  const byMail = { ...subscription, deliver: { to: 'email', address: 'edge@example.com' } }
  await client.call('POST', '/api/subscriptions', byMail, key())
  token = await until('the mail that asks', async () => {
    const [mail] = await client.mails('edge@example.com')
    return /confirm-subscription#(\S+)/.exec(mail?.text ?? '')?.[1]
  })
  const told = await client.call<{ campaignId: string }>('POST', '/api/campaigns', campaign, key())
  campaignId = told.body.campaignId
  const admin = kafka().admin()
  await admin.connect()
  await admin.setOffsets({ groupId: IDLE_GROUP, topic: 'orders', partitions: [{ partition: 0, offset: '0' }] })
  await admin.disconnect()
})
afterAll(() => system?.stop())

const questionOf = (items: Record<string, number>) => {
  const { customerId, items: lines, shippingAddress } = orderOf(items, { customerId: 'edge' })
  return { customerId, items: lines, shippingAddress }
}

/** Nobody is told before the end of this test. */
const campaign = { template: 'free_delivery', segment: { customerIds: ['edge'] }, at: '2099-01-01T00:00:00Z' }

/** One that nobody needs. */
const another = async (): Promise<string> => {
  const { body } = await client.call<{ subscriptionId: string }>('POST', '/api/subscriptions', subscription, key())
  return `/api/subscriptions/${body.subscriptionId}`
}

/** Nobody listens there: it is asked whether it wants to be told, in vain. */
const subscription = {
  filter: { types: ['order.*'], match: { '/total/amount': { '>=': 1, in: [1, 2] } } },
  deliver: { to: 'webhook', url: 'http://127.0.0.1:9/hook' },
}

const traffic = { rate: 1, seconds: 1 }

const key = () => ({ 'idempotency-key': randomUUID() })

/** The address of something that is there. */
const addressOf = async (path: string): Promise<string> => {
  if (path.includes('{service}')) {
    const { service, id } = await garbageParked()
    return path.replace('{service}', service).replace('{id}', id)
  }
  if (path.endsWith('/erasure')) return path.replace('{customerId}', 'to-be-forgotten')
  if (path.startsWith('/api/campaigns/')) return path.replace('{id}', campaignId)
  if (path.startsWith('/api/subscriptions/')) {
    const { items } = await client.get<{ items: { deliveryId: string }[] }>(
      `/api/subscriptions/${subscriptionId}/deliveries`,
    )
    return path.replace('{id}', subscriptionId).replace('{deliveryId}', items[0]!.deliveryId)
  }
  return path
    .replace('{orderId}', orderId)
    .replace('{sagaId}', orderId)
    .replace('{returnId}', returnId)
    .replace('{quoteId}', quoteId)
    .replace('{customerId}', 'edge')
    .replace('{name}', 'sales-per-minute')
    .replace('{process}', 'notification')
    .replace('{service}', 'payment')
    .replace('{sku}', SKU)
    .replace('{topic}', 'orders')
    .replace('{group}', IDLE_GROUP)
    .replace('{id}', operationId)
    .replace('{metric}', 'sales')
    .replace('{traceId}', await anyTrace())
    .replace(/preview$/, 'preview?template=order_confirmed')
}

const anyTrace = async (): Promise<string> => {
  const { items } = await client.get<{ items: { traceId: string }[] }>('/api/traces?limit=1')
  return items[0]!.traceId
}

/** A dead letter that nobody has settled. */
const garbageParked = async (): Promise<Parked> => {
  const before = new Set((await allParked(100)).map(keyOf))
  await produceGarbage('payment-commands', 1)
  return until('garbage to be parked', async () => (await allParked(100)).find((item) => !before.has(keyOf(item))))
}

/** The answer of whoever knows: a busy machine may first say to come again, with the same key. */
const answered = (method: string, path: string, body: unknown) => {
  const idempotencyKey = key()
  return until(`${method} ${path} to be answered`, async () => {
    const answer = await client.call(method, path, body, idempotencyKey)
    return answer.status === 503 || answer.status === 504 ? undefined : answer
  })
}

test('what every route answers is what the published document says, and nothing else', async () => {
  const bodies: Record<string, unknown> = {
    'POST /api/orders': orderOf({ [SKU]: 1 }, { customerId: 'edge' }),
    'POST /api/quotes': questionOf({ [SKU]: 1 }),
    'POST /api/projections/{name}/rebuild': { reason: 'a test' },
    'POST /api/projections/{name}/switch': { reason: 'a test' },
    'POST /api/projections/{name}/rollback': { reason: 'a test' },
    'POST /api/projections/{name}/cancel': { reason: 'a test' },
    'POST /api/stock/{sku}/receipts': { quantity: 5 },
    'POST /api/orders/{orderId}/returns': { items: [{ sku: SKU, quantity: 1 }], reason: 'a test' },
    'POST /api/topics/{topic}/messages': { key: 'edge', value: '{}', headers: { ce_type: 'none' }, reason: 'a test' },
    'POST /api/groups/{group}/offsets': { topic: 'orders', to: 'earliest', reason: 'a test' },
    'POST /api/campaigns': campaign,
    'POST /api/subscriptions': subscription,
    'POST /api/subscriptions/confirm': { token },
    'POST /api/subscriptions/preview': { filter: subscription.filter },
    'PATCH /api/subscriptions/{id}': { state: 'active', filter: { types: ['#'] } },
    'POST /api/parked/redrive': { reason: 'a test' },
    'POST /api/sagas/{sagaId}/compensate': { reason: 'a test' },
    'POST /api/parked/{service}/{id}/retry': {},
    'POST /api/parked/{service}/{id}/discard': { reason: 'a test' },
    'POST /api/parked/{service}/{id}/amend': { value: '{}', reason: 'a test' },
    'PUT /api/simulators/payment/settings': { latencyMs: 5 },
    'PUT /api/simulators/carrier/settings': { latencyMs: 5 },
    'PUT /api/simulators/sms/settings': { latencyMs: 5 },
    'PUT /api/simulators/push/settings': { latencyMs: 5 },
    'PUT /api/customers/{customerId}/notification-preferences': {
      locale: 'en',
      timeZone: 'Europe/Berlin',
      channels: {},
    },
    'POST /api/customers/{customerId}/erasure': { reason: 'a test' },
    'PUT /api/log-levels/{service}': { level: 'info' },
    'POST /api/events': [],
    'POST /api/traffic': traffic,
  }
  // So that there are some to be looked at.
  await client.call('POST', '/api/traffic', traffic, key())
  for (const { method, path, operation } of operationsOf(document)) {
    const name = `${method} ${path}`
    const cancelled = await client.placeSurely(orderOf({ [SKU]: 1 }, { customerId: 'edge' }))
    // Nothing is stuck here: what an operator's word about a step is answered is for the order service's own test.
    if (path.includes('{step}')) continue
    const isUndoing = /\{(orderId|sagaId)\}\/(cancel|compensate)$/.test(path)
    const at = isUndoing ? path.replace(/\{(orderId|sagaId)\}/, cancelled) : await addressOf(path)
    const { status, body } = await answered(
      method,
      method === 'DELETE' && path.startsWith('/api/subscriptions') ? await another() : at,
      bodies[name],
    )
    if (status === 409 && MAY_BE_REFUSED.test(path)) continue
    const described = operation.responses[status]?.content['application/json']?.schema
    expect(described, `${name} answered ${status}`).toBeDefined()
    const { error } = z.fromJSONSchema(strictly(described!)).safeParse(body)
    expect(error && `${name}: ${z.prettifyError(error)}`).toBeUndefined()
  }
})

/** Kafka tells its own metrics another way. */
test.runIf(process.env.KAFKA_BROKERS === undefined)(
  'no panel and no alert asks for what nobody exposes',
  { timeout: 120_000 },
  async () => {
    // Something of what only those do who tell customers and look at a shop.
    await client.call(
      'POST',
      '/api/campaigns',
      { template: 'free_delivery', segment: { customerIds: ['edge'] } },
      key(),
    )
    await client.call('POST', '/api/traffic', traffic, key())
    // That no process of `npm start` has a certificate is no fault of the query.
    const queries = provisionedQueries().filter(({ where }) => !where.endsWith('certificate-expiring'))
    let missing: string[] = []
    await until(
      'every query to have its series',
      async () => {
        const missingOf = await exposedBy(system)
        missing = queries.flatMap((query) => {
          const what = missingOf(query)
          return what === undefined ? [] : [`${query.where}: ${what}`]
        })
        return missing.length === 0 || undefined
      },
      { everyMs: 1_000 },
    ).catch(() => {})
    expect(missing).toEqual([])
  },
)

test(`${FUZZ} requests with anything in them, and no answer is a failure of ours`, async () => {
  const operations = operationsOf(document)
  const anyRequest = fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      parameters: fc.tuple(
        ...operation.parameters.map((parameter) =>
          anyParameter(parameter, [orderId, SKU, operationId, subscriptionId]),
        ),
      ),
      body: anyBody(operation.body),
    }),
  )
  await fc.assert(
    fc.asyncProperty(anyRequest, async ({ operation, parameters, body }) => {
      const { path, headers } = operation.address(parameters)
      const answer = await fetch(`${system.url}${path}`, {
        method: operation.method,
        headers: { ...headers, ...body?.headers },
        ...(body && { body: body.bytes as Uint8Array<ArrayBuffer> }),
      })
      const text = await answer.text()
      expect(answer.status, `${operation.method} ${path}: ${text}`).toBeLessThan(500)
      if (answer.status < 400) return
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
      expect(JSON.parse(text)).toMatchObject({ status: answer.status, title: expect.any(String) })
    }),
    { numRuns: FUZZ },
  )
  await client.call('PUT', '/api/simulators/payment/settings', {
    latencyMs: 5,
    declineRate: 0,
    faultRate: 0,
    timeoutRate: 0,
  })
  await client.call('PUT', '/api/simulators/carrier/settings', {
    latencyMs: 5,
    dispatchMs: 150,
    deliveryMs: 150,
    faultRate: 0,
    impossibleRate: 0,
  })
})

describe('what one order is asked for', () => {
  test('is found in whatever case its id is written', async () => {
    for (const more of ['', '/events', '/saga'])
      expect((await client.call('GET', `/api/orders/${orderId.toUpperCase()}${more}`)).status, more).toBe(200)
    expect((await client.call('POST', `/api/orders/${orderId.toUpperCase()}/cancel`)).status).toBe(409)
  })

  test('shows no payment token, in no answer, and leaves none in any table, topic or file', async () => {
    const token = 'tok_1234567890_secret'
    const id = await client.placeSurely(orderOf({ [SKU]: 1 }, { customerId: 'edge', token }))
    await client.terminal(id)
    for (const more of ['', '/events', '/saga'])
      expect(JSON.stringify(await client.get(`/api/orders/${id}${more}`)), more).not.toContain(token)
    expect(JSON.stringify(await client.get(`/api/orders/${id}/events`))).toContain('"token":"****"')
    expect(await client.terminal(id)).toMatchObject({ status: 'rejected', reason: 'payment_declined' })
    expect(await tracesOf(system, token)).toEqual([])
    expect(await tracesOf(system, id)).toEqual(expect.arrayContaining(['order.events', 'payment.events', 'payments']))
  })

  test('has methods that are served, and a length', async () => {
    const path = `${system.url}/api/orders/${orderId}`
    const wrong = await fetch(path, { method: 'DELETE' })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    const head = await fetch(path, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(Buffer.byteLength(await (await fetch(path)).text())))
  })
})

test('everything that is parked anywhere is found, page by page', async () => {
  const before = new Set((await allParked(100)).map(keyOf))
  await produceGarbage('payment-commands', 3)
  await produceGarbage('inventory-commands', 3)
  await produceGarbage('fulfillment-commands', 3)
  const all = await until('nine more to be parked', async () => {
    const all = await allParked(100)
    return all.length >= before.size + 9 ? all : undefined
  })
  expect(new Set((await allParked(2)).map(keyOf))).toEqual(new Set(all.map(keyOf)))
  expect((await parked('?cursor=nonsense')).status).toBe(400)
})

describe('a frozen neighbour', () => {
  const frozen = async <T>(names: readonly string[], work: () => Promise<T>): Promise<T> => {
    const pids = await Promise.all(names.map((name) => system.pidOf(name)))
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    try {
      return await work()
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT')
    }
  }

  test('costs its own part only', () =>
    frozen(['query'], async () => {
      expect(await client.order(orderId)).toMatchObject({ orderId, status: 'completed', missing: ['query'] })
      expect(await client.get('/api/health')).toMatchObject({
        status: 'degraded',
        services: { query: { status: 'unreachable' }, order: { status: 'ok' } },
      })
      expect(await client.get('/api/parked')).toMatchObject({ unreachable: ['query'] })
      expect(await client.call('GET', '/api/sales')).toMatchObject({ status: 504, body: { missing: ['query'] } })
    }))

  test('is named when nobody else knows', () =>
    frozen(['query', 'order'], async () => {
      const answer = await client.call('GET', `/api/orders/${orderId}`)
      expect(answer).toMatchObject({ status: 504, body: { missing: ['query', 'order'] } })
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }))

  test.runIf(process.env.KAFKA_BROKERS === undefined)('may be the broker', () =>
    frozen(['broker'], async () => {
      for (const path of ['/api/topics', '/api/groups', '/api/projections'])
        expect(await client.call('GET', path), path).toMatchObject({
          status: 504,
          body: { detail: expect.stringContaining('Kafka') },
        })
    }),
  )
})

test.runIf(process.env.KAFKA_BROKERS === undefined)(
  'a topic that is deleted is named, comes back as declared, and orders go on',
  async () => {
    const admin = kafka().admin()
    await admin.connect()
    await client.get('/api/topics')
    await admin.deleteTopics({ topics: ['inventory'] })
    await admin.createTopics({ topics: [{ topic: 'inventory', numPartitions: 1 }] })
    await admin.deleteTopics({ topics: ['payments'] })
    const next = await client.placeSurely(orderOf({ [SKU]: 1 }, { customerId: 'edge' }))
    for (const path of ['/api/topics', '/api/groups', '/api/projections']) await client.get(path)
    await until('both topics to be as declared', async () => {
      const { items } = await client.get<{ items: { name: string; partitions: unknown[] }[] }>('/api/topics')
      const sizes = ['inventory', 'payments'].map(
        (topic) => items.find(({ name }) => name === topic)?.partitions.length,
      )
      return sizes.every((size) => size === 6) || undefined
    })
    await admin.disconnect()
    const later = await client.placeSurely(orderOf({ [SKU]: 1 }, { customerId: 'edge' }))
    expect((await client.terminal(later)).status).toBe('completed')
    expect((await client.terminal(next)).status).toBe('completed')
    await until('all services to be well', async () => {
      const { status } = await client.get<{ status: string }>('/api/health')
      return status === 'ok' || undefined
    })
  },
)

test(`${CONNECTIONS} connections that ask at once get an answer or are told to come again, and the process lives`, async () => {
  const pid = await system.pidOf('console')
  const pool = new Pool(system.url, { connections: CONNECTIONS, pipelining: 1 })
  const reads = operationsOf(document).filter(({ method }) => method === 'GET')
  for (const { path } of someOf(reads, LOADED)) {
    const statuses = new Map<number, number>()
    const address = await addressOf(path)
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const { statusCode, headers, body } = await pool.request({ method: 'GET', path: address })
        await body.dump()
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
        if (statusCode === 503) expect(headers['retry-after']).toBeDefined()
      }),
    )
    expect(
      [...statuses.keys()].filter((status) => ![200, 503, 504].includes(status)),
      path,
    ).toEqual([])
    expect(statuses.get(200) ?? 0, path).toBeGreaterThan(0)
  }
  await pool.close()
  expect(await system.pidOf('console')).toBe(pid)
  expect(await client.get('/api/catalogue')).toMatchObject({ items: expect.any(Array) })
})

const someOf = <T>(all: readonly T[], count: number): T[] =>
  all
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, count)
    .map(({ item }) => item)

interface Parked {
  readonly service: string
  readonly id: string
}
const keyOf = ({ service, id }: Parked): string => `${service}/${id}`

const parked = async (query: string) => {
  const { status, body } = await client.call<{ items: Parked[]; nextCursor: string | null }>(
    'GET',
    `/api/parked${query}`,
  )
  return { status, ...body }
}

const allParked = async (limit: number): Promise<Parked[]> => {
  const items: Parked[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await parked(`?limit=${limit}${cursor && `&cursor=${cursor}`}`)
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}

const kafka = () => new Kafka({ brokers: system.brokers, logLevel: logLevel.NOTHING })

const produceGarbage = async (topic: string, count: number): Promise<void> => {
  const producer = kafka().producer()
  await producer.connect()
  await producer.send({ topic, messages: Array.from({ length: count }, () => ({ value: 'garbage' })) })
  await producer.disconnect()
}
