import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendShared } from './send-shared.ts'

test('an answer is written once for all, and whoever has it is sent nothing', async () => {
  let written = 0
  const countsItsWriting = () => ({ toJSON: () => ({ written: ++written }) })
  let answer = countsItsWriting()
  const fastify = Fastify()
  fastify.get('/', (request, reply) => sendShared(request, reply, answer))
  const ask = (known?: string) =>
    fastify.inject({ url: '/', headers: known === undefined ? {} : { 'if-none-match': known } })

  const first = await ask()
  expect(first.json()).toEqual({ written: 1 })
  expect(first.headers).toMatchObject({
    'cache-control': 'private, no-cache',
    'content-type': 'application/json; charset=utf-8',
  })
  expect((await ask('"another"')).json()).toEqual({ written: 1 })
  const etag = String(first.headers.etag)
  expect(await ask(etag)).toMatchObject({ statusCode: 304, body: '' })

  answer = countsItsWriting()
  expect((await ask(etag)).json()).toEqual({ written: 2 })
})
