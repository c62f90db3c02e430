import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { PrivateAddresses } from './addresses.ts'
import { WebhookClient, type WebhookClientOptions } from './webhook-client.ts'

const never = new AbortController().signal

const start = async (listener: RequestListener) => {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const clientFor = (allowed: PrivateAddresses, more: Partial<WebhookClientOptions> = {}) => {
  const client = new WebhookClient({ allowed, timeoutMs: 2_000, connections: 2, ...more })
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

test('an endpoint on loopback is spoken to where that is allowed, and by no name or number otherwise', async () => {
  await using server = await start((_request, response) => response.end('fine'))
  await using open = clientFor('loopback')
  await using closed = clientFor('refused')
  const post = (client: WebhookClient, host: string) => client.post(`http://${host}:${server.port}/`, {}, '{}', never)
  expect(await post(open, '127.0.0.1')).toMatchObject({ status: 200, body: 'fine' })
  expect(await post(open, 'localhost')).toMatchObject({ status: 200 })
  for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0'])
    await expect(post(closed, host), host).rejects.toThrow('no public address')
  expect(server.requests()).toBe(2)
})

test('the connection goes to the address that was checked, whatever the name says a moment later', async () => {
  await using server = await start((_request, response) => response.end('fine'))
  const answers = [[{ address: '127.0.0.1', family: 4 }], [{ address: '10.0.0.1', family: 4 }]]
  let asked = 0
  await using client = clientFor('loopback', { resolve: (_hostname, answer) => answer(null, answers[asked++]!) })
  const url = `http://rebinds.example:${server.port}/`
  expect(await client.post(url, { connection: 'close' }, '{}', never)).toMatchObject({ status: 200 })
  expect(asked).toBe(1)
  await expect(client.post(url, {}, '{}', never)).rejects.toThrow('rebinds.example is 10.0.0.1')
})

test('a name with a private address among public ones is refused', async () => {
  const addresses = ['93.184.216.34', '169.254.169.254'].map((address) => ({ address, family: 4 }))
  await using client = clientFor('refused', { resolve: (_hostname, answer) => answer(null, addresses) })
  await expect(client.post('https://mixed.example/', {}, '{}', never)).rejects.toThrow('169.254.169.254')
})

test('public addresses are spoken to by https only', async () => {
  const addresses = [{ address: '93.184.216.34', family: 4 }]
  await using client = clientFor('allowed', { resolve: (_hostname, answer) => answer(null, addresses) })
  await expect(client.post('http://plain.example/', {}, '{}', never)).rejects.toThrow('only https')
})

test('a redirect is an answer, and nobody goes where it leads', async () => {
  await using elsewhere = await start((_request, response) => response.end())
  await using server = await start((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
  )
  await using client = clientFor('loopback')
  expect(await client.post(`http://127.0.0.1:${server.port}/`, {}, '{}', never)).toMatchObject({ status: 307 })
  expect(elsewhere.requests()).toBe(0)
})

test('an answer that never ends is cut, and one that never comes is given up', async () => {
  await using endless = await start((_request, response) => {
    const more = () => response.write('x'.repeat(1_000), () => response.destroyed || setImmediate(more))
    more()
  })
  await using silent = await start(() => undefined)
  await using client = clientFor('loopback', { timeoutMs: 500 })
  const { body } = await client.post(`http://127.0.0.1:${endless.port}/`, {}, '{}', never)
  expect(body).toHaveLength(4_096)
  await expect(client.post(`http://127.0.0.1:${silent.port}/`, {}, '{}', never)).rejects.toThrow()
})
