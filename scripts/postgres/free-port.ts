import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below the ports that a system gives to outgoing connections, which may take any of those in the next moment. */
const FIRST = 10_000
const COUNT = 22_000

/** `count` different loopback ports that nobody listens on at this moment. */
export const freePorts = async (count: number): Promise<number[]> => {
  const held = new Map<number, Server>()
  while (held.size < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (held.has(port)) continue
    const server = createServer().listen(port, '127.0.0.1')
    await once(server, 'listening').then(
      () => held.set(port, server),
      () => server.close(),
    )
  }
  await Promise.all([...held.values()].map((server) => new Promise((resolve) => server.close(resolve))))
  return [...held.keys()]
}

/** Whether nobody listens on any of these loopback ports at this moment. */
export const areFree = async (ports: readonly number[]): Promise<boolean> => {
  const free = await Promise.all(ports.map(isFree))
  return free.every(Boolean)
}

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
