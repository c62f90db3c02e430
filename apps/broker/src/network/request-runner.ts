import type { RequestHeader } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { CLOSE, type Handler, type RequestContext } from '../handler.ts'
import { Meter } from '../quotas/meter.ts'
import type { Throttle } from '../quotas/throttle.ts'
import type { Authenticator } from '../security/authentication/authenticator.ts'
import type { Slot } from './answer-queue.ts'
import { answerTo, type IncomingRequest, readRequest } from './incoming-request.ts'
import type { Listener } from './listener.ts'
import type { OutgoingAnswers } from './outgoing-answers.ts'

type Value = Awaited<ReturnType<Handler['handle']>>

/** The connection on which requests come in. */
export interface Requester {
  readonly isClosed: boolean
  readonly onClose: RequestContext['onClose']
  /** An answer is there. */
  send(): void
  /** The next request may be begun. */
  advance(): void
  /** The client broke the protocol, or we have failed it. */
  refuse(error: unknown): void
  close(): void
}

export interface RequestRunnerParts {
  readonly requester: Requester
  readonly broker: Broker
  readonly listener: Listener
  readonly authenticator: Authenticator
  readonly clientHost: string
  readonly throttle: Throttle
  readonly outgoing: OutgoingAnswers
}

/** Has the requests of one client handled: one at a time, but for handlers that say they may overlap. */
export class RequestRunner {
  private busy = false
  private willSend = false

  constructor(private readonly parts: RequestRunnerParts) {}

  /** The one that was begun last keeps the next one waiting. */
  get isBusy(): boolean {
    return this.busy
  }

  /** Throws what the connection is to be refused with. */
  begin(frame: Buffer): void {
    const { requester, broker, authenticator, outgoing } = this.parts
    if (authenticator.expectsToken) {
      this.takeToken(frame)
      return
    }
    const request = readRequest(frame, authenticator)
    const { handler, header, body } = request
    const slot = outgoing.expect(frame, handler.keepsNothing !== true)
    const began = broker.requests.begin()
    const context = this.contextOf(header)
    const client = { user: context.principal.name, clientId: context.clientId }
    const meter = Meter.of(broker, client, request, frame.length)
    const answer =
      meter === undefined
        ? handler.handle(body, context)
        : meter.measure(() => handler.handle(meter.limited(body), context))
    if (!(answer instanceof Promise)) {
      this.answer(slot, request, answer, began, meter)
      requester.send()
      return
    }
    const isAlone = handler.pipelined !== true
    if (isAlone) this.busy = true
    answer.then(
      (value) =>
        this.settle(() => {
          this.answer(slot, request, value, began, meter)
          this.sendSoon()
        }, isAlone),
      (error) => this.settle(() => requester.refuse(error), isAlone),
    )
  }

  /** Tokens without headers: their answers have none either. */
  private takeToken(frame: Buffer): void {
    const { requester, authenticator, outgoing } = this.parts
    const slot = outgoing.expect(frame, true)
    this.busy = true
    authenticator.takeToken(frame).then(
      (reply) =>
        this.settle(() => {
          if (reply === undefined) return requester.close()
          const length = Buffer.alloc(4)
          length.writeInt32BE(reply.length)
          slot.answer = [length, reply]
          requester.send()
        }),
      (error) => this.settle(() => requester.refuse(error)),
    )
  }

  private contextOf({ apiVersion, clientId }: RequestHeader): RequestContext {
    const { requester, broker, clientHost, authenticator, listener } = this.parts
    const client = { clientId: clientId ?? '', clientHost, principal: authenticator.principal }
    return { broker, apiVersion, ...client, authenticator, listener, onClose: requester.onClose }
  }

  private settle(answer: () => void, wasBusy = true): void {
    const { requester } = this.parts
    if (requester.isClosed) return
    try {
      answer()
    } catch (error) {
      requester.refuse(error)
    }
    if (wasBusy) this.busy = false
    requester.advance()
  }

  /** One sync answers many requests: what is answered within one turn goes out together. */
  private sendSoon(): void {
    if (this.willSend) return
    this.willSend = true
    process.nextTick(() => {
      this.willSend = false
      this.parts.requester.send()
    })
  }

  private answer(slot: Slot, request: IncomingRequest, value: Value, began: number, meter: Meter | undefined): void {
    this.parts.broker.requests.end(request.handler.api.key, began)
    const answer = meter === undefined ? answerTo(request, value) : this.charged(meter, request, value)
    if (answer === CLOSE) this.parts.requester.close()
    else slot.answer = answer
  }

  /** The answer, which says for how long the client is left alone after it. */
  private charged(meter: Meter, request: IncomingRequest, value: Value): readonly Buffer[] | typeof CLOSE {
    const answer = meter.measure(() => answerTo(request, value))
    if (answer === CLOSE) return CLOSE
    const throttleTimeMs = meter.charge(answer)
    if (throttleTimeMs === 0) return answer
    this.parts.throttle.begin(throttleTimeMs)
    return typeof value === 'object' ? answerTo(request, { ...value, throttleTimeMs }) : answer
  }
}
