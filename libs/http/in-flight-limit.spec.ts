import { fastify } from 'fastify'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { limitRequests } from './in-flight-limit.ts'

test('a request that is held for too long is answered, and makes room for the next one', async () => {
  const app = fastify()
  limitRequests(app, 1, 50)
  app.get('/for-ever', () => new Promise(() => {}))
  app.get('/at-once', async () => 'here')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { statusCode, headers, body } = await request(`${url}/for-ever`)
  expect([statusCode, headers['content-type']]).toEqual([504, 'application/problem+json; charset=utf-8'])
  expect(await body.json()).toMatchObject({ type: 'urn:waybill:problem:timeout' })
  await expect.poll(async () => (await request(`${url}/at-once`)).statusCode).toBe(200)
  await app.close()
})
