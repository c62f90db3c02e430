import { expect, test } from 'vitest'
import { openApi } from './openapi.ts'
import { routes } from './routes.ts'

/** Answered by the gateway itself, see api/system.controller.ts. */
const own = ['GET /api/topics', 'GET /api/groups', 'GET /api/health', 'GET /api/parked']

test('the OpenAPI document describes every route and nothing else', () => {
  const served = [...routes.map(({ method, at }) => `${method} /api${at.replace(/:(\w+)/g, '{$1}')}`), ...own]
  const described = Object.entries(openApi.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.sort()).toEqual(served.sort())
})
