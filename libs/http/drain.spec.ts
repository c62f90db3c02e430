import { Module } from '@nestjs/common'
import { fastify } from 'fastify'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { drainOnClose } from './drain.ts'
import { healthModule } from './health.ts'
import { startService } from './start-service.ts'

const config = { HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent', LOG_FORMAT: 'json', SERVICE_AUTH: 'off' } as const

test('who comes while a process stops is told to ask again, and who waits is answered, for the last time', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const slow = async () => {
    asked.resolve()
    await answer.promise
  }
  @Module({ imports: [healthModule({ slow })] })
  class SlowModule {}
  const service = await startService(SlowModule, { name: 'slow', config })
  const waiting = request(`${service.url}/health/ready`)
  await asked.promise
  const stopped = service.stop()
  // Each look has a connection of its own.
  const look = () => request(`${service.url}/health/live`, { headers: { connection: 'close' } })
  await expect.poll(async () => (await look()).statusCode).toBe(503)
  const refused = await look()
  expect(refused.headers).toMatchObject({ 'retry-after': '1', connection: 'close' })
  expect(await refused.body.json()).toMatchObject({ type: 'urn:waybill:problem:stopping' })
  answer.resolve()
  const { statusCode, headers, body } = await waiting
  expect([statusCode, headers.connection]).toEqual([200, 'close'])
  await body.dump()
  await stopped
  await expect(look()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('who cannot be answered before the process has to end is told so', async () => {
  const app = fastify()
  drainOnClose(app, 50)
  const asked = Promise.withResolvers<void>()
  app.post('/', () => {
    asked.resolve()
    return new Promise(() => {})
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const waiting = request(url, { method: 'POST' })
  await asked.promise
  await app.close()
  const { statusCode, headers, body } = await waiting
  expect([statusCode, headers['retry-after']]).toEqual([503, '1'])
  expect(await body.json()).toMatchObject({ detail: expect.stringContaining('send the same request again') })
})
