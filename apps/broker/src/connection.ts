import type { Socket } from 'node:net'
import {
  encodeResponse,
  FrameParser,
  MalformedError,
  Reader,
  type RequestHeader,
  readRequestHeader,
  skipHeaderTags,
} from '#libs/kafka-protocol'
import type { Broker } from './broker.ts'
import { findHandler } from './dispatch.ts'
import { CLOSE, type Handler, NO_RESPONSE, type RequestContext } from './handler.ts'

/** Frames that may wait behind the one being handled; more stay in the socket. */
const MAX_QUEUED_FRAMES = 64
/** Answered bytes that the client has not taken yet; above this nothing more is read from it. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024
const MAX_IN_FLIGHT = 64

/** A response in its place in the order of the requests; empty until it is known. */
interface Slot {
  answer: readonly Buffer[] | undefined
}

/**
 * One client. Requests are begun in order, one at a time (handlers that say so may overlap), and answered in order.
 * A client that does not read its answers, or asks faster than it is served, is not read from.
 */
export class Connection {
  private readonly broker: Broker
  private readonly clientHost: string
  /** Milliseconds of the broker's clock; for closing idle connections. */
  lastActive: number
  private readonly socket: Socket
  private readonly parser: FrameParser
  private readonly waiting: Buffer[] = []
  private readonly slots: Slot[] = []
  private readonly closeListeners = new Set<() => void>()
  private busy = false
  private closed = false

  constructor(socket: Socket, broker: Broker) {
    this.socket = socket
    this.broker = broker
    this.clientHost = `/${socket.remoteAddress ?? ''}`
    this.lastActive = broker.clock.now()
    this.parser = new FrameParser(broker.settings['socket.request.max.bytes'])
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.receive(chunk))
    socket.on('drain', () => this.advance())
    socket.on('error', () => this.close())
    socket.on('close', () => this.close())
  }

  readonly onClose = (listener: () => void): (() => void) => {
    this.closeListeners.add(listener)
    return () => this.closeListeners.delete(listener)
  }

  /** Nothing is under way that the client waits for. */
  get idle(): boolean {
    return this.slots.length === 0 && this.waiting.length === 0
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.socket.destroy()
    this.waiting.length = 0
    for (const listener of [...this.closeListeners]) listener()
    this.closeListeners.clear()
  }

  private receive(chunk: Buffer): void {
    if (this.closed) return
    this.lastActive = this.broker.clock.now()
    try {
      this.parser.push(chunk, (frame) => this.waiting.push(frame))
    } catch (error) {
      this.refuse(error)
      return
    }
    this.advance()
  }

  private advance(): void {
    while (!this.closed && !this.busy && this.waiting.length > 0 && this.hasRoom()) {
      const frame = this.waiting.shift()!
      try {
        this.begin(frame)
      } catch (error) {
        this.refuse(error)
      }
    }
    if (this.closed) return
    if (this.waiting.length > MAX_QUEUED_FRAMES) this.socket.pause()
    else if (this.socket.isPaused()) this.socket.resume()
  }

  private hasRoom(): boolean {
    return this.slots.length < MAX_IN_FLIGHT && this.socket.writableLength < MAX_UNSENT_BYTES
  }

  private begin(frame: Buffer): void {
    const reader = new Reader(frame)
    const header = readRequestHeader(reader)
    const handler = findHandler(header.apiKey, header.apiVersion)
    if (handler === undefined) {
      throw new MalformedError(`api key ${header.apiKey} version ${header.apiVersion} is not supported`)
    }
    const request = this.read(reader, handler, header)
    const slot: Slot = { answer: undefined }
    this.slots.push(slot)
    const answer = handler.handle(request, this.contextOf(header))
    if (!(answer instanceof Promise)) {
      this.answer(slot, handler, header, answer)
      return
    }
    if (handler.pipelined !== true) this.busy = true
    answer.then(
      (value) => this.resume(handler, () => this.answer(slot, handler, header, value)),
      (error) => this.resume(handler, () => this.refuse(error)),
    )
  }

  private contextOf({ apiVersion, clientId }: RequestHeader): RequestContext {
    const { broker, clientHost, onClose } = this
    return { broker, apiVersion, clientId: clientId ?? '', clientHost, onClose }
  }

  private read(reader: Reader, handler: Handler, header: RequestHeader) {
    // An ApiVersions of the future cannot be read at all; its handler answers without looking at the body.
    if (header.apiVersion > handler.api.versions.max) return handler.api.emptyRequest
    if (handler.api.isFlexible(header.apiVersion)) skipHeaderTags(reader)
    return handler.api.readRequest(reader, header.apiVersion)
  }

  private resume(handler: Handler, settle: () => void): void {
    if (this.closed) return
    try {
      settle()
    } catch (error) {
      this.refuse(error)
    }
    if (handler.pipelined !== true) this.busy = false
    this.advance()
  }

  private answer(
    slot: Slot,
    handler: Handler,
    header: RequestHeader,
    value: Awaited<ReturnType<Handler['handle']>>,
  ): void {
    if (value === CLOSE) {
      this.close()
      return
    }
    const version = header.apiVersion > handler.api.versions.max ? 0 : header.apiVersion
    slot.answer = value === NO_RESPONSE ? [] : encodeResponse(handler.api, version, header.correlationId, value)
    this.send()
  }

  /** Sends every answer whose turn it is, in one system call. */
  private send(): void {
    if (this.closed || this.slots[0]?.answer === undefined) return
    this.socket.cork()
    while (this.slots[0]?.answer !== undefined) {
      for (const buffer of this.slots.shift()!.answer!) this.socket.write(buffer)
    }
    this.socket.uncork()
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
