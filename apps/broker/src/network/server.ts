import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Broker } from '../broker.ts'
import { every } from '../clock.ts'
import { ANONYMOUS, type Principal } from '../security/principal.ts'
import { Admission } from './admission.ts'
import { Connection } from './connection.ts'
import type { Listener } from './listener.ts'
import { TlsDoor } from './tls-door.ts'

const IDLE_CHECK_MS = 10_000
const MEMORY_CHECK_MS = 1000
/** The kernel takes as much of this as it allows; a short queue would make clients of a restarted broker wait. */
const BACKLOG = 4096

/** The listening socket of a listener and the connections made to it. */
export class Server {
  private readonly broker: Broker
  private readonly listener: Listener
  private readonly net: NetServer
  private readonly tls: TlsDoor | undefined
  private readonly connections = new Set<Connection>()
  /** Those that are not encrypted yet. */
  private readonly shaking = new Set<Socket>()
  private readonly admission: Admission
  private readonly checks: (() => void)[]
  accepted = 0

  private constructor(broker: Broker, listener: Listener) {
    this.broker = broker
    this.listener = listener
    const { connections, clock } = broker
    this.admission = new Admission(connections, listener.limits, clock, (socket) => this.accept(socket))
    this.net = createServer((socket) => this.admission.arrive(socket))
    const welcome = (socket: TLSSocket, principal: Principal) => this.serve(socket, principal)
    this.tls = listener.tls === undefined ? undefined : new TlsDoor(listener.name, listener.tls, broker.log, welcome)
    this.checks = [every(IDLE_CHECK_MS, () => this.closeIdle()), every(MEMORY_CHECK_MS, () => this.closeSlow())]
  }

  /**
   * Resolves with the port when connections are accepted, which the listener then knows as well; rejects when the
   * address cannot be had.
   */
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
    listener.address.port = typeof address === 'object' && address !== null ? address.port : port
    listener.advertised.port ||= listener.address.port
    return { server, port: listener.address.port }
  }

  /** Connections that were closed for being too many, or too fast for where they come from. */
  get refused(): number {
    return this.admission.refused
  }

  get connectionCount(): number {
    return this.connections.size
  }

  /** Requests that arrived and have no answer yet, of all connections. */
  get requestsUnderWay(): number {
    let count = 0
    for (const { unanswered } of this.connections) count += unanswered
    return count
  }

  async close(): Promise<void> {
    for (const end of this.checks) end()
    this.admission.close()
    this.listener.tls?.close()
    const closed = new Promise<void>((resolve) => this.net.close(() => resolve()))
    for (const connection of [...this.connections]) connection.close()
    for (const socket of [...this.shaking]) socket.destroy()
    await closed
  }

  private accept(socket: Socket): void {
    this.accepted++
    if (this.tls === undefined) {
      this.serve(socket, ANONYMOUS)
      return
    }
    this.shaking.add(socket)
    socket.once('close', () => this.shaking.delete(socket))
    this.tls.enter(socket)
  }

  private serve(socket: Socket, principal: Principal): void {
    const connection = new Connection(socket, this.broker, this.listener, principal)
    this.connections.add(connection)
    connection.onClose(() => this.connections.delete(connection))
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
