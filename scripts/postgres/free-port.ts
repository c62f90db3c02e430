import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

/** `count` different loopback ports that nobody listens on at this moment. */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
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
