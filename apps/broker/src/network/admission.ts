import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { ConnectionCount, ConnectionLimits } from './connection-count.ts'
import type { ConnectionQuotas } from './connection-quotas.ts'

/** Accepted sockets of a listener that wait for room, or to be closed; of more, each is closed at once. */
export const MOST_WAITING = 1000

/**
 * The way in at a listener, as in Kafka: who comes while there are too many, or too fast, waits in line until there is
 * room (`max.connections`, `max.connection.creation.rate`). Then, by the address: one that comes too fast for its quota is
 * left alone for as long as it is ahead, and closed; one of too many (`max.connections.per.ip`) is closed at once.
 */
export class Admission {
  private readonly line: Socket[] = []
  private readonly dismissed = new Set<Socket>()
  private readonly own: ConnectionCount
  private readonly forget: () => void
  private cancel: (() => void) | undefined
  /** Those that were closed for being too many or too fast. */
  refused = 0

  constructor(
    private readonly quotas: ConnectionQuotas,
    limits: () => ConnectionLimits,
    private readonly clock: Clock,
    private readonly letIn: (socket: Socket) => void,
  ) {
    this.own = quotas.countOf(limits)
    this.forget = quotas.whenRoom(() => this.advance())
  }

  get waiting(): number {
    return this.line.length
  }

  arrive(socket: Socket): void {
    // Nobody listens to it yet, and it may break off.
    socket.on('error', () => {})
    if (this.line.length < MOST_WAITING) {
      this.line.push(socket)
      this.advance()
    } else this.refuse(socket)
  }

  close(): void {
    this.forget()
    this.cancel?.()
    for (const socket of [...this.line.splice(0), ...this.dismissed]) socket.destroy()
  }

  /** Lets in who is first in line, and who is behind, as long as there is room. */
  private advance(): void {
    this.cancel?.()
    this.cancel = undefined
    while (this.line.length > 0) {
      const ms = Math.max(this.own.waitMs(), this.quotas.all.waitMs())
      if (ms > 0) {
        if (Number.isFinite(ms)) this.cancel = this.clock.after(ms, () => this.advance())
        return
      }
      const socket = this.line.shift()!
      if (!socket.destroyed) this.enter(socket)
    }
  }

  private enter(socket: Socket): void {
    const verdict = this.quotas.addresses.enter(socket.remoteAddress ?? '')
    if (verdict.kind === 'too many') this.refuse(socket)
    else if (verdict.kind === 'too fast') this.dismiss(socket, verdict.ms)
    else this.count(socket, verdict.leave)
  }

  private count(socket: Socket, leave: () => void): void {
    const counts = [this.own, this.quotas.all]
    for (const count of counts) count.add()
    socket.once('close', () => {
      leave()
      for (const count of counts) count.remove()
      this.quotas.tellRoom()
    })
    this.letIn(socket)
  }

  /** Who would come again at once is kept waiting for the refusal. */
  private dismiss(socket: Socket, ms: number): void {
    const prevent = this.clock.after(ms, () => this.refuse(socket))
    this.dismissed.add(socket)
    socket.once('close', () => {
      prevent()
      this.dismissed.delete(socket)
    })
    if (this.dismissed.size > MOST_WAITING) this.refuse(socket)
  }

  private refuse(socket: Socket): void {
    this.refused++
    socket.destroy()
  }
}
