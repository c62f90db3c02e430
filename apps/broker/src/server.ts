import { createServer, type Server as NetServer } from 'node:net'
import type { Broker } from './broker.ts'
import { Connection } from './connection.ts'

const IDLE_CHECK_MS = 10_000

/** The listening socket and the connections made to it. */
export class Server {
  private readonly net: NetServer
  private readonly connections = new Set<Connection>()
  private readonly idleCheck: NodeJS.Timeout

  private constructor(broker: Broker) {
    this.net = createServer((socket) => {
      const connection = new Connection(socket, broker)
      this.connections.add(connection)
      connection.onClose(() => this.connections.delete(connection))
    })
    this.net.maxConnections = broker.settings['max.connections']
    this.idleCheck = setInterval(() => this.closeIdle(broker), IDLE_CHECK_MS)
    this.idleCheck.unref()
  }

  /** Resolves with the port when connections are accepted; rejects when the address cannot be had. */
  static async listen(broker: Broker, host: string, port: number): Promise<{ server: Server; port: number }> {
    const server = new Server(broker)
    await new Promise<void>((resolve, reject) => {
      server.net.once('error', reject)
      server.net.listen({ host, port, backlog: 511 }, () => {
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
    clearInterval(this.idleCheck)
    const closed = new Promise<void>((resolve) => this.net.close(() => resolve()))
    for (const connection of [...this.connections]) connection.close()
    await closed
  }

  private closeIdle(broker: Broker): void {
    const limit = broker.settings['connections.max.idle.ms']
    if (limit < 0) return
    const before = broker.clock.now() - limit
    for (const connection of [...this.connections]) {
      if (connection.idle && connection.lastActive < before) connection.close()
    }
  }
}
