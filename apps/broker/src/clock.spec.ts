import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { every, systemClock } from './clock.ts'

/** A client in a thread of its own, which connects and speaks while this one is held up. */
const CLIENT = `
const { workerData } = require('node:worker_threads')
const { connect } = require('node:net')
const socket = connect(workerData.port, '127.0.0.1', () => {
  socket.write('here', () => {
    Atomics.store(workerData.said, 0, 1)
    Atomics.notify(workerData.said, 0)
  })
})
socket.on('close', () => {})
`

test.each([
  ['once', (ms: number, callback: () => void) => systemClock.after(ms, callback)],
  ['again and again', every],
])('who spoke while the process was held up is heard before time is up (%s)', async (_name, schedule) => {
  const heard: string[] = []
  const server = createServer((socket) => socket.on('data', (bytes) => heard.push(String(bytes))))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const said = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(CLIENT, { eval: true, workerData: { port: (server.address() as AddressInfo).port, said } })
  await once(worker, 'online')
  const known = await new Promise<string[]>((resolve) => {
    const cancel = schedule(1, () => {
      cancel()
      resolve([...heard])
    })
    // The event loop stands still from before the connection until after the time.
    Atomics.wait(said, 0, 0)
    const until = performance.now() + 5
    while (performance.now() < until);
  })
  expect(known).toEqual(['here'])
  await worker.terminate()
  server.close()
})

test('what was prevented does not happen, not even when its time had come', async () => {
  let calls = 0
  const cancel = systemClock.after(0, () => calls++)
  const end = every(1, () => calls++)
  const timeHasCome = new Promise((resolve) => setTimeout(resolve, 1))
  // All three are due in one turn of the event loop, this test's own as the last of them.
  const until = performance.now() + 5
  while (performance.now() < until);
  await timeHasCome
  cancel()
  end()
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  expect(calls).toBe(0)
})

test('the steady clock counts whole milliseconds since the epoch', () => {
  expect(Number.isInteger(systemClock.steady())).toBe(true)
  expect(Math.abs(systemClock.steady() - Date.now())).toBeLessThan(3_600_000)
})
