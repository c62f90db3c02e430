import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { type EventStream, EventStreams, serverSentEvent } from './event-streams.ts'
import { Problem } from './problem.ts'

const MOST = 2

/** A server with one route; `handler` is what answers there. */
const serving = async (handler: (stream: EventStream) => Promise<void>) => {
  const app = fastify({ forceCloseConnections: false })
  app.get(
    '/',
    new EventStreams(app, MOST).serve((_request, stream) => handler(stream)),
  )
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    listen: async () => {
      const gone = new AbortController()
      const answer = await fetch(url, { signal: gone.signal })
      return { answer, leave: () => gone.abort() }
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

const welcome = (stream: EventStream) => {
  stream.begin()
  stream.response.write(': welcome\n\n')
}

const ended = (stream: EventStream) => new Promise<void>((resolve) => stream.onEnd(resolve))

test('events reach who listens, and a server that closes ends their streams', async () => {
  const server = await serving(async (stream) => {
    stream.begin()
    stream.response.write(serverSentEvent('news', { n: 1 }, '7'))
  })
  const { answer } = await server.listen()
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const [text] = await Promise.all([answer.text(), server[Symbol.asyncDispose]()])
  expect(text).toBe('id: 7\nevent: news\ndata: {"n":1}\n\n')
})

test('a stream that would begin when the server closes keeps nobody', async () => {
  const asked = Promise.withResolvers<EventStream>()
  const begins = Promise.withResolvers<void>()
  const server = await serving(async (stream) => {
    asked.resolve(stream)
    await begins.promise
    welcome(stream)
  })
  const listener = server.listen().catch(() => 'cut')
  const stream = await asked.promise
  const closed = server[Symbol.asyncDispose]()
  await ended(stream)
  begins.resolve()
  await closed
  expect(await listener).toBe('cut')
})

test('one too many is refused, until somebody leaves', async () => {
  const streams: EventStream[] = []
  await using server = await serving(async (stream) => {
    streams.push(stream)
    welcome(stream)
  })
  const first = await server.listen()
  await server.listen()
  const refused = await server.listen()
  expect(refused.answer.status).toBe(503)
  expect(await refused.answer.json()).toMatchObject({ detail: '2 pages look already; come again later' })
  first.leave()
  await ended(streams[0]!)
  expect((await server.listen()).answer.status).toBe(200)
})

test('who leaves before the stream has begun keeps no place', async () => {
  const places = Array.from({ length: MOST }, () => Promise.withResolvers<EventStream>())
  const begins = Promise.withResolvers<void>()
  let count = 0
  await using server = await serving(async (stream) => {
    if (count >= MOST) return welcome(stream)
    places[count++]!.resolve(stream)
    await begins.promise
    stream.begin()
    expect(stream.response.destroyed).toBe(true)
  })
  const gone = new AbortController()
  const asked = places.map(() => fetch(server.url, { signal: gone.signal }).catch(() => undefined))
  const streams = await Promise.all(places.map(({ promise }) => promise))
  gone.abort()
  await Promise.all([...asked, ...streams.map(ended)])
  begins.resolve()
  expect((await server.listen()).answer.status).toBe(200)
})

test('what goes wrong before the stream has begun is a problem, and takes no place', async () => {
  let isAway = true
  await using server = await serving(async (stream) => {
    if (isAway) throw new Problem(503, { type: 'unavailable', detail: 'not now' })
    welcome(stream)
  })
  for (let i = 0; i <= MOST; i++)
    expect(await (await server.listen()).answer.json()).toMatchObject({ detail: 'not now' })
  isAway = false
  expect((await server.listen()).answer.status).toBe(200)
})
