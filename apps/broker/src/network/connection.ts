import type { Socket } from 'node:net'
import { FrameParser, MalformedError, type RequestHeader } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { CLOSE, type Handler, type RequestContext } from '../handler.ts'
import { Meter } from '../quotas/meter.ts'
import { Throttle } from '../quotas/throttle.ts'
import type { Authenticator } from '../security/authentication/authenticator.ts'
import type { Principal } from '../security/principal.ts'
import { AnswerQueue, type Slot } from './answer-queue.ts'
import { ConnectionActivity } from './connection-activity.ts'
import { answerTo, type IncomingRequest, readRequest } from './incoming-request.ts'
import type { Listener } from './listener.ts'
import type { BudgetReader } from './memory-budget.ts'
import { ReceivedMemory } from './received-memory.ts'
import { SendQueue } from './send-queue.ts'

/** Frames that may wait behind the one being handled; more stay in the socket. */
const MAX_QUEUED_FRAMES = 64
/** Answered bytes that the client has not taken yet; above this none of its requests is begun. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
const MAX_IN_FLIGHT = 64
/** The time in which a client has to prove who it is, from the connection on, in milliseconds. */
export const AUTHENTICATION_MS = 30_000
/** The time that a client has to take the answer that its connection ends with, in milliseconds. */
const ENDING_MS = 5000
/** What a connection may hold of requests though memory is exhausted. */
const ALLOWANCE_BYTES = 64 * 1024

/**
 * One client. Requests are begun in order, one at a time (handlers that say so may overlap), and answered in order.
 * A client that does not read its answers, or asks faster than it is served, is not read from.
 */
export class Connection implements BudgetReader {
  private readonly broker: Broker
  private readonly clientHost: string
  private readonly listener: Listener
  private readonly authenticator: Authenticator
  private readonly socket: Socket
  private readonly parser: FrameParser
  private readonly received = new ReceivedMemory()
  private readonly sending: SendQueue
  private readonly waiting: Buffer[] = []
  private readonly answers = new AnswerQueue()
  private readonly closeListeners = new Set<() => void>()
  /** Bytes of requests that have been received and not been answered. */
  private held = 0
  private busy = false
  private readonly throttle: Throttle
  private willSend = false
  private advancing = false
  private closed = false
  /** Nothing is read any more, and what is to be sent goes out. */
  private ending = false
  private readonly activity: ConnectionActivity

  /** `byTls`: who the client is by its certificate. */
  constructor(socket: Socket, broker: Broker, listener: Listener, byTls: Principal) {
    this.socket = socket
    this.broker = broker
    this.listener = listener
    this.clientHost = `/${socket.remoteAddress ?? ''}`
    this.activity = new ConnectionActivity(broker.clock.steady)
    this.authenticator = listener.authenticator(byTls, this.clientHost)
    this.throttle = new Throttle(broker.clock, () => this.advance())
    this.parser = new FrameParser(this.maxRequestBytes)
    if (!this.authenticator.isComplete) this.expectAuthentication()
    this.sending = new SendQueue(socket, broker.logs.blocks, (bytes) => this.sent(bytes))
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.receive(chunk))
    socket.on('error', () => this.close())
    socket.on('close', () => this.close())
  }

  readonly onClose = (listener: () => void): (() => void) => {
    this.closeListeners.add(listener)
    return () => this.closeListeners.delete(listener)
  }

  /** Nothing has happened for so long that the client should have done, or it takes that long for one frame. */
  isIdle(forMs: number): boolean {
    if (this.throttle.isActive) return false
    const before = this.broker.clock.steady() - forMs
    if (this.sending.unsent > 0) return !this.activity.hasSentSince(before)
    if (this.answers.length > 0 || this.waiting.length > 0) return false
    if (!this.activity.hasReceivedSince(before)) return true
    return this.parser.unfinished > 0 && !this.activity.hasBegunFrameSince(before)
  }

  /** Asked again and again while memory is short: it holds memory, and has hardly moved since it was first asked. */
  isTooSlow(): boolean {
    const isReading = this.parser.unfinished > 0 && !this.socket.isPaused()
    if (isReading || this.sending.unsent > 0) return this.activity.isTooSlow()
    this.activity.holdsNothing()
    return false
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.throttle.cancel()
    this.socket.destroy()
    this.waiting.length = 0
    this.parser.clear()
    this.broker.memory.finished(this)
    this.broker.memory.release(this.held + this.sending.unsent)
    this.held = 0
    for (const listener of [...this.closeListeners]) listener()
    this.closeListeners.clear()
  }

  resume(): void {
    this.advance()
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
    this.activity.received(chunk.length, this.parser.unfinished > 0)
    this.received.add(chunk)
    this.held += chunk.length
    this.broker.memory.take(chunk.length)
    try {
      this.parser.push(chunk, this.accept)
    } catch (error) {
      this.refuse(error)
      return
    }
    this.advance()
  }

  private readonly accept = (frame: Buffer): void => {
    this.waiting.push(frame)
    this.activity.frameEnded()
  }

  private advance(): void {
    // What is answered at once, or frees memory for others, comes back here.
    if (this.advancing || this.closed) return
    this.advancing = true
    // What is answered already counts as unsent before it is asked whether there is room for more.
    if (this.waiting.length > 0) this.send()
    while (
      !this.closed &&
      !this.ending &&
      !this.busy &&
      !this.throttle.isActive &&
      this.waiting.length > 0 &&
      this.hasRoom()
    ) {
      const frame = this.waiting.shift()!
      try {
        this.begin(frame)
      } catch (error) {
        this.refuse(error)
      }
    }
    this.advancing = false
    if (this.closed) return
    const mayWait = this.authenticator.isComplete ? MAX_QUEUED_FRAMES : 1
    if (this.throttle.isActive) {
      // Somebody who may go on has the memory that is left.
      this.broker.memory.finished(this)
      this.socket.pause()
    } else if (this.waiting.length > mayWait || this.mustWaitForMemory()) this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
  }

  /** While memory is short, a client takes one answer before it gets the next. */
  /** Requests that arrived and have no answer yet. */
  get unanswered(): number {
    return this.answers.length + this.waiting.length
  }

  private hasRoom(): boolean {
    const mayBeUnsent = this.broker.memory.exhausted ? 0 : MAX_UNSENT_BYTES
    return this.answers.length < MAX_IN_FLIGHT && this.sending.unsent <= mayBeUnsent
  }

  private mustWaitForMemory(): boolean {
    const { memory } = this.broker
    const isComplete = this.parser.unfinished === 0
    if (isComplete) memory.finished(this)
    if (this.held <= ALLOWANCE_BYTES || !memory.exhausted) return false
    if (!isComplete && memory.mayExceed(this)) return false
    memory.wait(this)
    return true
  }

  private begin(frame: Buffer): void {
    if (this.authenticator.expectsToken) {
      this.takeToken(frame)
      return
    }
    const request = readRequest(frame, this.authenticator)
    const { handler, header, body } = request
    const slot = this.answers.expect(frame, handler.keepsNothing !== true)
    const began = this.broker.requests.begin()
    const context = this.contextOf(header)
    const client = { user: context.principal.name, clientId: context.clientId }
    const meter = Meter.of(this.broker, client, request, frame.length)
    const answer =
      meter === undefined
        ? handler.handle(body, context)
        : meter.measure(() => handler.handle(meter.limited(body), context))
    if (!(answer instanceof Promise)) {
      this.answer(slot, request, answer, began, meter)
      this.send()
      return
    }
    if (handler.pipelined !== true) this.busy = true
    answer.then(
      (value) =>
        this.continue(handler, () => {
          this.answer(slot, request, value, began, meter)
          this.sendSoon()
        }),
      (error) => this.continue(handler, () => this.refuse(error)),
    )
  }

  /** Tokens without headers: their answers have none either. */
  private takeToken(frame: Buffer): void {
    const slot = this.answers.expect(frame, true)
    this.busy = true
    this.authenticator.takeToken(frame).then(
      (reply) =>
        this.settle(() => {
          if (reply === undefined) return this.close()
          const length = Buffer.alloc(4)
          length.writeInt32BE(reply.length)
          slot.answer = [length, reply]
          this.send()
        }),
      (error) => this.settle(() => this.refuse(error)),
    )
  }

  private contextOf({ apiVersion, clientId }: RequestHeader): RequestContext {
    const { broker, clientHost, authenticator, listener, onClose } = this
    const client = { clientId: clientId ?? '', clientHost, principal: authenticator.principal }
    return { broker, apiVersion, ...client, authenticator, listener, onClose }
  }

  private continue(handler: Handler, answer: () => void): void {
    this.settle(answer, handler.pipelined !== true)
  }

  private settle(answer: () => void, wasBusy = true): void {
    if (this.closed) return
    try {
      answer()
    } catch (error) {
      this.refuse(error)
    }
    if (wasBusy) this.busy = false
    this.advance()
  }

  private answer(
    slot: Slot,
    request: IncomingRequest,
    value: Awaited<ReturnType<Handler['handle']>>,
    began: number,
    meter: Meter | undefined,
  ): void {
    this.broker.requests.end(request.handler.api.key, began)
    const answer = meter === undefined ? answerTo(request, value) : this.charged(meter, request, value)
    if (answer === CLOSE) this.close()
    else slot.answer = answer
  }

  /** The answer, which says for how long the client is left alone after it. */
  private charged(
    meter: Meter,
    request: IncomingRequest,
    value: Awaited<ReturnType<Handler['handle']>>,
  ): readonly Buffer[] | typeof CLOSE {
    const answer = meter.measure(() => answerTo(request, value))
    if (answer === CLOSE) return CLOSE
    const throttleTimeMs = meter.charge(answer)
    if (throttleTimeMs === 0) return answer
    this.throttle.begin(throttleTimeMs)
    return typeof value === 'object' ? answerTo(request, { ...value, throttleTimeMs }) : answer
  }

  /** One sync answers many requests: what is answered within one turn goes out together. */
  private sendSoon(): void {
    if (this.willSend) return
    this.willSend = true
    process.nextTick(() => {
      this.willSend = false
      this.send()
    })
  }

  /** Sends every answer whose turn it is. */
  private send(): void {
    if (this.closed) return
    const ready = this.answers.takeReady()
    if (ready.length === 0) return
    const buffers = ready.flatMap(({ answer }) => answer)
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
    let answered = 0
    for (const { frame, isKept } of ready) {
      answered += frame.length + 4
      this.received.finish(frame, isKept)
    }
    if (this.sending.unsent === 0) this.activity.beginsToSend()
    this.held -= answered
    this.broker.memory.take(bytes)
    this.broker.memory.release(answered)
    this.sending.push(buffers, bytes)
    if (this.authenticator.isOver) this.end()
    else this.parser.maxBytes = this.maxRequestBytes
  }

  /** Closes the connection when the client has taken what it is sent. */
  private end(): void {
    if (this.closed || this.ending) return
    this.ending = true
    this.onClose(this.broker.clock.after(ENDING_MS, () => this.close()))
    if (this.sending.unsent === 0) this.socket.end()
  }

  private sent(bytes: number): void {
    if (this.closed) return
    this.activity.sent(bytes)
    this.broker.memory.release(bytes)
    if (this.ending && this.sending.unsent === 0) this.socket.end()
    this.advance()
  }

  /** Malformed input is the client's fault and not worth more than a line; anything else is ours. */
  private refuse(error: unknown): void {
    if (this.closed) return
    if (error instanceof MalformedError) {
      this.broker.log.info('closing a connection that does not follow the protocol', {
        client: this.clientHost,
        reason: error.message,
      })
    } else {
      this.broker.log.error('a request failed', { client: this.clientHost, error })
    }
    this.close()
  }
}
