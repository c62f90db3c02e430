import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const compiled = pathToFileURL(`${import.meta.dirname}/../../dist/libs/http/fair-timeouts.js`).href
const LIMIT_MS = 500

/** A server that gives requests half a second to arrive, as a process of its own that can be frozen. */
const PROGRAM = `
  const { createServer } = await import('node:http')
  const { judgeArrivalFairly } = await import(${JSON.stringify(compiled)})
  const limits = { requestTimeout: ${LIMIT_MS}, headersTimeout: ${LIMIT_MS}, connectionsCheckingInterval: 100 }
  const server = createServer(limits, (request, response) => request.resume().on('end', () => response.end()))
  server.on('clientError', (error, socket) => socket.end('HTTP/1.1 408 Request Timeout\\r\\n\\r\\n'))
  judgeArrivalFairly(server, 100)
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))`

const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] })
let port: number
beforeAll(async () => {
  port = Number(String(await once(child.stdout, 'data')))
})
afterAll(() => child.kill('SIGKILL'))

const opened = async (): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}
const statusOn = async (socket: Socket): Promise<number> => {
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(answer.toString().split(' ')[1])
}

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n'

test.each([
  ['half of its body', `${HEAD}{`, '}'],
  ['half of its header', HEAD.slice(0, 20), `${HEAD.slice(20)}{}`],
  ['nothing', '', `${HEAD}{}`],
])('a request of which %s had come when the process was frozen is answered', async (_, before, meanwhile) => {
  const socket = await opened()
  socket.write(before)
  await pause(100)
  child.kill('SIGSTOP')
  // The signal takes its time.
  await pause(100)
  socket.write(meanwhile)
  await pause(2 * LIMIT_MS)
  child.kill('SIGCONT')
  expect(await statusOn(socket)).toBe(200)
})

test('one that never comes is refused, after a freeze as well', async () => {
  const socket = await opened()
  socket.write(`${HEAD}{`)
  child.kill('SIGSTOP')
  await pause(2 * LIMIT_MS)
  child.kill('SIGCONT')
  expect(await statusOn(socket)).toBe(408)
})
