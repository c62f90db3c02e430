import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { guard } from './http-server.ts'

test('an idle connection is kept for longer than its client is told', async () => {
  const server = createServer((_request, response) => response.end('here\n'))
  guard(server)
  server.keepAliveTimeout = 1_000
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  const ask = async (): Promise<string[]> => {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const lines: string[] = []
    while (lines.at(-1) !== 'here') {
      const { value, done } = await answers.next()
      if (done) throw new Error('it was hung up on')
      lines.push(value)
    }
    return lines
  }
  expect(await ask()).toContain('Keep-Alive: timeout=1')
  // A second later Node closes it, and with it what a busy client sends then.
  await pause(4_000)
  expect(await ask()).toContain('HTTP/1.1 200 OK')
  socket.destroy()
  server.close()
})
