import type { Socket } from 'node:net'
import { MalformedError } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { Throttle } from '../quotas/throttle.ts'
import type { Authenticator } from '../security/authentication/authenticator.ts'
import type { Principal } from '../security/principal.ts'
import { ConnectionActivity } from './connection-activity.ts'
import { IncomingFrames } from './incoming-frames.ts'
import type { Listener } from './listener.ts'
import type { BudgetReader } from './memory-budget.ts'
import { OutgoingAnswers } from './outgoing-answers.ts'
import { type Requester, RequestRunner } from './request-runner.ts'

/** Frames that may wait behind the one being handled; more stay in the socket. */
const MAX_QUEUED_FRAMES = 64
/** Answered bytes that the client has not taken yet; above this none of its requests is begun. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
const MAX_IN_FLIGHT = 64
/** The time in which a client has to prove who it is, from the connection on, in milliseconds. */
export const AUTHENTICATION_MS = 30_000
/** The time that a client has to take the answer that its connection ends with, in milliseconds. */
const ENDING_MS = 5000

/**
 * One client. Requests are begun in order, one at a time (handlers that say so may overlap), and answered in order.
 * A client that does not read its answers, or asks faster than it is served, is not read from.
 */
export class Connection implements BudgetReader, Requester {
  private readonly clientHost: string
  private readonly authenticator: Authenticator
  private readonly throttle: Throttle
  private readonly activity: ConnectionActivity
  private readonly incoming: IncomingFrames
  private readonly outgoing: OutgoingAnswers
  private readonly runner: RequestRunner
  private readonly closeListeners = new Set<() => void>()
  private advancing = false
  private closed = false
  /** Nothing is read any more, and what is to be sent goes out. */
  private ending = false

  /** `byTls`: who the client is by its certificate. */
  constructor(
    private readonly socket: Socket,
    private readonly broker: Broker,
    private readonly listener: Listener,
    byTls: Principal,
  ) {
    const { clock, memory, logs } = broker
    this.clientHost = `/${socket.remoteAddress ?? ''}`
    this.activity = new ConnectionActivity(clock.steady)
    this.authenticator = listener.authenticator(byTls, this.clientHost)
    this.throttle = new Throttle(clock, () => this.advance())
    this.incoming = new IncomingFrames(memory, this.activity, this.maxRequestBytes)
    const { activity, incoming, authenticator, throttle, clientHost } = this
    const onTaken = () => this.taken()
    const outgoing = new OutgoingAnswers({ socket, blocks: logs.blocks, budget: memory, activity, incoming, onTaken })
    this.outgoing = outgoing
    const ours = { requester: this, authenticator, clientHost, throttle, outgoing }
    this.runner = new RequestRunner({ ...ours, broker, listener })
    if (!authenticator.isComplete) this.expectAuthentication()
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.receive(chunk))
    socket.on('error', () => this.close())
    socket.on('close', () => this.close())
  }

  readonly onClose = (listener: () => void): (() => void) => {
    this.closeListeners.add(listener)
    return () => this.closeListeners.delete(listener)
  }

  get isClosed(): boolean {
    return this.closed
  }

  /** Requests that arrived and have no answer yet. */
  get unanswered(): number {
    return this.outgoing.awaited + this.incoming.length
  }

  /** Nothing has happened for so long that the client should have done, or it takes that long for one frame. */
  isIdle(forMs: number): boolean {
    const { unanswered, incoming, outgoing } = this
    return !this.throttle.isActive && this.activity.isIdle(forMs, unanswered, incoming.unfinished, outgoing.unsent)
  }

  /** Asked again and again while memory is short: it holds memory, and has hardly moved since it was first asked. */
  isTooSlow(): boolean {
    const isReading = this.incoming.unfinished > 0 && !this.socket.isPaused()
    return this.activity.isTooSlow(isReading || this.outgoing.unsent > 0)
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.throttle.cancel()
    this.socket.destroy()
    const held = this.incoming.clear() + this.outgoing.close()
    this.broker.memory.finished(this)
    this.broker.memory.release(held)
    for (const listener of [...this.closeListeners]) listener()
    this.closeListeners.clear()
  }

  resume(): void {
    this.advance()
  }

  send(): void {
    if (!this.outgoing.send()) return
    if (this.authenticator.isOver) this.end()
    else this.incoming.maxBytes = this.maxRequestBytes
  }

  advance(): void {
    // What is answered at once, or frees memory for others, comes back here.
    if (this.advancing || this.closed) return
    this.advancing = true
    // What is answered already counts as unsent before it is asked whether there is room for more.
    if (this.incoming.length > 0) this.send()
    while (this.mayBegin()) {
      try {
        this.runner.begin(this.incoming.next())
      } catch (error) {
        this.refuse(error)
      }
    }
    this.advancing = false
    if (!this.closed) this.readOn()
  }

  /** Malformed input is the client's fault and not worth more than a line; anything else is ours. */
  refuse(error: unknown): void {
    if (this.closed) return
    const client = this.clientHost
    if (error instanceof MalformedError) {
      const reason = error.message
      this.broker.log.info('closing a connection that does not follow the protocol', { client, reason })
    } else this.broker.log.error('a request failed', { client, error })
    this.close()
  }

  private get maxRequestBytes(): number {
    const { authenticator, broker, listener } = this
    return authenticator.isComplete ? broker.settings['socket.request.max.bytes'] : listener.maxBytesBefore
  }

  private expectAuthentication(): void {
    const late = () => {
      if (!this.authenticator.isComplete) this.refuse(new MalformedError('it did not authenticate in time'))
    }
    this.onClose(this.broker.clock.after(AUTHENTICATION_MS, late))
  }

  private receive(chunk: Buffer): void {
    if (this.closed || this.ending) return
    try {
      this.incoming.push(chunk)
    } catch (error) {
      this.refuse(error)
      return
    }
    this.advance()
  }

  private mayBegin(): boolean {
    if (this.closed || this.ending || this.runner.isBusy || this.throttle.isActive) return false
    // While memory is short, a client takes one answer before it gets the next.
    const mayBeUnsent = this.broker.memory.exhausted ? 0 : MAX_UNSENT_BYTES
    return this.incoming.length > 0 && this.outgoing.awaited < MAX_IN_FLIGHT && this.outgoing.unsent <= mayBeUnsent
  }

  /** Reads from the socket, or leaves what comes there. */
  private readOn(): void {
    const mayWait = this.authenticator.isComplete ? MAX_QUEUED_FRAMES : 1
    if (this.throttle.isActive) {
      // Somebody who may go on has the memory that is left.
      this.broker.memory.finished(this)
      this.socket.pause()
    } else if (this.incoming.length > mayWait || this.incoming.mustWait(this)) this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
  }

  private taken(): void {
    if (this.ending && this.outgoing.unsent === 0) this.socket.end()
    this.advance()
  }

  /** Closes the connection when the client has taken what it is sent. */
  private end(): void {
    if (this.closed || this.ending) return
    this.ending = true
    this.onClose(this.broker.clock.after(ENDING_MS, () => this.close()))
    if (this.outgoing.unsent === 0) this.socket.end()
  }
}
