import { setTimeout as delay } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
import { exchange, InFlightLimit, Problem } from '#libs/http'
import { createLogger } from '#libs/observability'
import { type Credentials, credentials, type Identity } from '#libs/service-tokens'
import type { ServiceName } from './services.ts'

export interface ForwardedRequest {
  readonly method: string
  /** Path and query at the service, e.g. `/orders?limit=2`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** For whom it is asked, as far as the gateway knows; else whom `x-actor` names. */
  readonly identity?: Identity
}

export interface ForwardedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface Patience {
  /** For an answer once the service has the request, or it has waited so long for a connection. Milliseconds. */
  readonly answerMs: number
  /** For a service whose connections break, which is a service that is being started again. Milliseconds. */
  readonly restartMs: number
}

/** A look does not hang because a service is frozen, and asks again while one restarts. */
export const READ: Patience = { answerMs: 2_000, restartMs: 10_000 }
/** A look at the whole system must not hang because a part of it is away. */
export const LOOK: Patience = { answerMs: 2_000, restartMs: 500 }
/** A write under load may take its time; what became of one that is given up is not known. */
export const WRITE: Patience = { answerMs: 10_000, restartMs: 10_000 }

const ANSWERED_HEADERS = [
  ...['content-type', 'location', 'retry-after', 'idempotent-replayed', 'allow', 'accept-encoding'],
  'content-security-policy',
]
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 500
/**
 * Of one service, so that one that is frozen leaves room for the others; and of each kind, so that whoever looks never
 * keeps others from writing. A service that is asked for more lists at once than it can make in the time that a read
 * waits would make all of them in vain; writes are cheaper the more of them share a transaction.
 */
const LANES = {
  read: { connections: 48, mostInFlight: 256 },
  write: { connections: 128, mostInFlight: 512 },
  /** Each waits for what others are asked, and for their silence until its deadline: 200 a second for four seconds. */
  quote: { connections: 900, mostInFlight: 900 },
  /** Asked at most once a second, and to be answered while everything else queues. */
  health: { connections: 2, mostInFlight: 16 },
}
type Lane = keyof typeof LANES

const laneOf = ({ method, path }: ForwardedRequest): Lane => {
  if (path.startsWith('/health/')) return 'health'
  if (method === 'POST' && path === '/quotes') return 'quote'
  return method === 'GET' ? 'read' : 'write'
}

const log = createLogger('gateway')

interface Target {
  readonly pool: Pool
  readonly limit: InFlightLimit
  readonly credentials: Credentials
}

/**
 * Passes requests on to the services. A request whose connection broke, or that a service refused since it is about to stop, is
 * sent again for a while: every GET, PUT and cancellation may be repeated by its nature and every other POST by its
 * `Idempotency-Key`, so that a service that is killed and comes back costs its callers time, not answers.
 */
export class Forwarder {
  readonly #targets = new Map<`${ServiceName} ${Lane}`, Target>()

  /** @param keyFile with what the services are shown who asks (libs/service-tokens). */
  constructor(
    private readonly addresses: Readonly<Record<ServiceName, string>>,
    private readonly keyFile?: string,
  ) {}

  /** @throws Problem 503 when the service cannot be reached or has too much to do, 504 when it does not answer. */
  forward(service: ServiceName, outgoing: ForwardedRequest, patience: Patience): Promise<ForwardedAnswer> {
    const target = this.#target(service, laneOf(outgoing))
    return target.limit.run(() => this.#insist(service, target, outgoing, patience))
  }

  /** A JSON answer of a GET; rejects when the service cannot be reached or says no. */
  async get<T>(service: ServiceName, path: string, patience: Patience): Promise<T> {
    const answer = await this.forward(service, { method: 'GET', path, headers: {} }, patience)
    if (answer.status >= 400) throw refusedBy(service, answer)
    return JSON.parse(answer.body.toString('utf8')) as T
  }

  async close(): Promise<void> {
    await Promise.all([...this.#targets.values()].map(({ pool }) => pool.close()))
  }

  async #insist(
    service: ServiceName,
    target: Target,
    outgoing: ForwardedRequest,
    { answerMs, restartMs }: Patience,
  ): Promise<ForwardedAnswer> {
    const deadline = Date.now() + restartMs
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const answer = await send(target, outgoing, answerMs)
        if (answer.status === 401) throw unknownThere(service)
        if (!isStopping(answer) || Date.now() + pause > deadline) return answer
        await delay(pause)
      } catch (error) {
        if (error instanceof Problem) throw error
        if (isTimeout(error)) throw silent(service, answerMs, outgoing)
        if (!isBrokenConnection(error) || Date.now() + pause > deadline) throw unreachable(service, error)
        await delay(pause)
      }
    }
  }

  #target(service: ServiceName, lane: Lane) {
    let target = this.#targets.get(`${service} ${lane}`)
    if (target === undefined) {
      const { connections, mostInFlight } = LANES[lane]
      const { origin } = new URL(this.addresses[service])
      target = {
        pool: new Pool(origin, { connections, keepAliveTimeout: 30_000 }),
        limit: new InFlightLimit(mostInFlight, `the ${service} service`),
        credentials: credentials(this.keyFile, 'console', service),
      }
      this.#targets.set(`${service} ${lane}`, target)
    }
    return target
  }
}

/** Each attempt is signed anew: a token lets in once. */
const send = async (
  { pool, credentials }: Target,
  { method, path, headers: given, body, identity = identityIn(given) }: ForwardedRequest,
  answerMs: number,
): Promise<ForwardedAnswer> => {
  const overdue = new AbortController()
  const timer = setTimeout(() => overdue.abort(new DOMException('no answer', 'TimeoutError')), answerMs)
  try {
    const { signal } = overdue
    const answer = await exchange(pool, {
      ...{ method: method as Dispatcher.HttpMethod, path, body, signal },
      headers: { ...given, ...credentials({ method, path }, identity) },
    })
    const headers: Record<string, string> = {}
    for (const name of ANSWERED_HEADERS)
      if (answer.headers[name] !== undefined) headers[name] = String(answer.headers[name])
    return { status: answer.status, headers, body: answer.body }
  } finally {
    clearTimeout(timer)
  }
}

const identityIn = ({ 'x-actor': actor }: ForwardedRequest['headers']): Identity =>
  actor === undefined ? {} : { actor }

/** What a service that was asked for a part of an answer said instead: to come again, and why, or what nobody expected. */
export const refusedBy = (service: ServiceName, { status, body }: ForwardedAnswer): Problem => {
  if (status !== 503) return new Problem(502, { detail: `the ${service} service answered ${status}` })
  return new Problem(503, {
    type: 'unavailable',
    title: 'Service unavailable',
    detail: `${service}: ${detailIn(body) ?? 'come again later'}`,
    extensions: { missing: [service] },
  })
}

const detailIn = (body: Buffer): string | undefined => {
  try {
    return (JSON.parse(body.toString('utf8')) as { detail?: string }).detail
  } catch {
    return undefined
  }
}

/** It is not who asks us that it does not know. */
const unknownThere = (service: ServiceName): Problem => {
  log.error('a service does not know the gateway: do both have the same SERVICE_KEY_FILE?', { target: service })
  return new Problem(502, { detail: `the ${service} service does not know this gateway` })
}

/** That we have too much to do is nobody's absence: whoever gathers from many is told to come again. */
export const refuseOverload = (outcomes: readonly PromiseSettledResult<unknown>[]): void => {
  for (const outcome of outcomes) if (outcome.status === 'rejected' && isOverload(outcome.reason)) throw outcome.reason
}

const isOverload = (reason: unknown): boolean =>
  reason instanceof Problem && reason.details.type === 'urn:waybill:problem:overloaded'

const unreachable = (service: ServiceName, error: unknown): Problem => {
  log.warn('service not reached', { target: service, error })
  return new Problem(503, {
    type: 'unavailable',
    title: 'Service unavailable',
    detail: `the ${service} service cannot be reached right now; send the same request again`,
    extensions: { missing: [service] },
  })
}

const silent = (service: ServiceName, answerMs: number, { method }: ForwardedRequest): Problem => {
  log.warn('service does not answer', { target: service })
  const unknown = method === 'GET' ? '' : '; whether it was carried out is not known: send the same request again'
  return new Problem(504, {
    type: 'timeout',
    detail: `the ${service} service did not answer within ${answerMs / 1_000} s${unknown}`,
    extensions: { missing: [service] },
  })
}

/** A service that is told to stop refuses what comes, and does nothing of it; its successor is asked. */
const isStopping = ({ status, body }: ForwardedAnswer): boolean =>
  status === 503 && body.includes('"urn:waybill:problem:stopping"')

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError'

const BROKEN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT'])

const isBrokenConnection = (error: unknown): boolean => {
  const { code, cause } = (error ?? {}) as { code?: string; cause?: { code?: string } }
  return BROKEN.has(code ?? '') || BROKEN.has(cause?.code ?? '')
}
