import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { Broker } from '../broker.ts'
import { every } from '../clock.ts'
import { Connection } from './connection.ts'
import { ConnectionQuotas } from './connection-quotas.ts'
import type { Listener } from './listener.ts'

const IDLE_CHECK_MS = 10_000
const MEMORY_CHECK_MS = 1000
/** The kernel takes as much of this as it allows; a short queue would make clients of a restarted broker wait. */
const BACKLOG = 4096

/** The listening socket of a listener and the connections made to it. */
export class Server {
  private readonly broker: Broker
  private readonly listener: Listener
  private readonly net: NetServer
  private readonly connections = new Set<Connection>()
  private readonly quotas: ConnectionQuotas
  private readonly checks: (() => void)[]
  /** Connections that were refused for being too many. */
  refused = 0
  accepted = 0

  private constructor(broker: Broker, listener: Listener) {
    this.broker = broker
    this.listener = listener
    this.quotas = new ConnectionQuotas(listener.limits)
    this.net = createServer((socket) => this.accept(socket))
    this.checks = [every(IDLE_CHECK_MS, () => this.closeIdle()), every(MEMORY_CHECK_MS, () => this.closeSlow())]
  }

  /** Resolves with the port when connections are accepted; rejects when the address cannot be had. */
  static async listen(broker: Broker, listener: Listener): Promise<{ server: Server; port: number }> {
    const server = new Server(broker, listener)
    const { host, port } = listener.address
    await new Promise<void>((resolve, reject) => {
      server.net.once('error', reject)
      server.net.listen({ host, port, backlog: BACKLOG }, () => {
        server.net.off('error', reject)
        resolve()
      })
    })
    server.net.on('error', (error) => broker.log.error('accepting a connection failed', { error }))
    const address = server.net.address()
    return { server, port: typeof address === 'object' && address !== null ? address.port : port }
  }

  get connectionCount(): number {
    return this.connections.size
  }

  async close(): Promise<void> {
    for (const end of this.checks) end()
    const closed = new Promise<void>((resolve) => this.net.close(() => resolve()))
    for (const connection of [...this.connections]) connection.close()
    await closed
  }

  private accept(socket: Socket): void {
    const release = this.quotas.accept(socket.remoteAddress ?? '')
    if (release === undefined) {
      this.refused++
      socket.destroy()
      return
    }
    this.accepted++
    const connection = new Connection(socket, this.broker, this.listener)
    this.connections.add(connection)
    connection.onClose(() => {
      this.connections.delete(connection)
      release()
    })
  }

  private closeIdle(): void {
    const limit = this.broker.settings['connections.max.idle.ms']
    if (limit < 0) return
    for (const connection of [...this.connections]) if (connection.isIdle(limit)) connection.close()
  }

  /** While memory is short, nobody may hold it and do nothing. */
  private closeSlow(): void {
    const { memory, log } = this.broker
    if (!memory.exhausted) return
    const slow = [...this.connections].filter((connection) => connection.isTooSlow())
    if (slow.length === 0) return
    for (const connection of slow) connection.close()
    const { used, limit } = memory
    log.warn('connections that held memory and did not move were closed', { connections: slow.length, used, limit })
  }
}
