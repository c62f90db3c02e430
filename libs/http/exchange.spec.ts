import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { describe, expect, test } from 'vitest'
import { exchange } from './exchange.ts'

const serverThat = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 })
  return {
    pool,
    async [Symbol.asyncDispose]() {
      await pool.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('an exchange', () => {
  test('sends a request and reads the whole answer', async () => {
    await using echo = await serverThat(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      response.writeHead(201, { 'x-seen': `${request.method} ${request.url} ${request.headers['x-ours']}` })
      response.write(`${body} and `)
      setTimeout(() => response.end('more'), 10)
    })
    const request = { method: 'POST', path: '/a?b=1', headers: { 'x-ours': 'yes' }, body: 'größer' } as const
    const { status, headers, body } = await exchange(echo.pool, request)
    expect([status, headers['x-seen'], body.toString()]).toEqual([201, 'POST /a?b=1 yes', 'größer and more'])
    expect((await exchange(echo.pool, { method: 'GET', path: '/' })).body.toString()).toBe(' and more')
  })

  test('ends with its signal, whether it is under way or still waits for a connection', async () => {
    await using silent = await serverThat(() => undefined)
    const abort = new AbortController()
    const waiting = [1, 2].map(() =>
      exchange(silent.pool, { method: 'GET', path: '/', signal: abort.signal }).catch((error: Error) => error.message),
    )
    setTimeout(() => abort.abort(new Error('enough')), 50)
    expect(await Promise.all(waiting)).toEqual(['enough', 'enough'])
  })

  test('rejects when the connection breaks', async () => {
    await using broken = await serverThat((request) => request.socket.destroy())
    await expect(exchange(broken.pool, { method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
  })
})
