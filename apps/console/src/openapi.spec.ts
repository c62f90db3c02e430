import { expect, test } from 'vitest'
import { openApi } from './openapi.ts'
import { routes } from './routes.ts'

/** Answered by the gateway itself, see api/. */
const own = [
  ...['GET /api/orders/{orderId}/messages', 'GET /api/stream', 'GET /api/analytics/live', 'POST /api/events'],
  ...['GET /api/topics/{topic}', 'GET /api/topics/{topic}/messages', 'POST /api/groups/{group}/offsets'],
  ...['GET /api/schemas', 'GET /api/log-levels', 'PUT /api/log-levels/{service}'],
  ...['GET /api/customers/{customerId}/export', 'GET /api/me'],
  ...['GET /api/topics', 'GET /api/groups', 'GET /api/health', 'GET /api/parked', 'GET /api/parked/counts'],
  ...['GET /api/parked/{service}/{id}', 'GET /api/parked-effects', 'GET /api/operations/{id}', 'GET /api/audit'],
  ...['retry', 'discard', 'amend'].map((action) => `POST /api/parked/{service}/{id}/${action}`),
  ...['POST /api/parked/redrive', 'GET /api/audit/verify'],
  ...['GET /api/processes', 'GET /api/oracle', 'GET /api/alerts', 'POST /api/subscriptions/preview'],
  ...['GET /api/traces', 'GET /api/traces/{traceId}'],
  ...['kill', 'pause', 'resume'].map((command) => `POST /api/processes/{process}/${command}`),
]

test('the OpenAPI document describes every route and nothing else', () => {
  const served = [...routes.map(({ method, at }) => `${method} /api${at.replace(/:(\w+)/g, '{$1}')}`), ...own]
  const described = Object.entries(openApi.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual(served.sort())
})
