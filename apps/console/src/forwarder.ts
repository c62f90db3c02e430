import { setTimeout as delay } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
import { exchange, Problem } from '#libs/http'
import { createLogger } from '#libs/observability'
import type { ServiceName } from './services.ts'

export interface ForwardedRequest {
  readonly method: string
  /** Path and query at the service, e.g. `/orders?limit=2`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

export interface ForwardedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const ANSWERED_HEADERS = ['content-type', 'location', 'retry-after', 'idempotent-replayed']
/** A killed service is back within seconds; longer than this a caller should not be kept waiting. Milliseconds. */
const PATIENCE_MS = 10_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 500
const TIMEOUT_MS = 30_000

const log = createLogger('gateway')

/**
 * Passes requests on to the services. A request whose connection broke is sent again for a while: every GET, PUT and
 * cancellation may be repeated by its nature and every other POST by its `Idempotency-Key`, so that a service that is killed
 * and comes back costs its callers time, not answers.
 */
export class Forwarder {
  readonly #pools = new Map<ServiceName, Pool>()

  constructor(private readonly addresses: Readonly<Record<ServiceName, string>>) {}

  async forward(service: ServiceName, outgoing: ForwardedRequest, patienceMs = PATIENCE_MS): Promise<ForwardedAnswer> {
    const deadline = Date.now() + patienceMs
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await this.#send(service, outgoing)
      } catch (error) {
        if (!isBrokenConnection(error) || Date.now() + pause > deadline) throw this.#unavailable(service, error)
        await delay(pause)
      }
    }
  }

  /** A JSON answer of a GET; rejects when the service cannot be reached or says no. */
  async get<T>(service: ServiceName, path: string, patienceMs?: number): Promise<T> {
    const { status, body } = await this.forward(service, { method: 'GET', path, headers: {} }, patienceMs)
    if (status >= 400) throw new Problem(502, { detail: `the ${service} service answered ${status} to ${path}` })
    return JSON.parse(body.toString('utf8')) as T
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()))
  }

  async #send(service: ServiceName, { method, ...outgoing }: ForwardedRequest): Promise<ForwardedAnswer> {
    const answer = await exchange(this.#pool(service), { method: method as Dispatcher.HttpMethod, ...outgoing })
    const headers: Record<string, string> = {}
    for (const name of ANSWERED_HEADERS)
      if (answer.headers[name] !== undefined) headers[name] = String(answer.headers[name])
    return { status: answer.status, headers, body: answer.body }
  }

  #pool(service: ServiceName): Pool {
    let pool = this.#pools.get(service)
    if (pool === undefined) {
      const { origin } = new URL(this.addresses[service])
      pool = new Pool(origin, { connections: 128, keepAliveTimeout: 30_000, headersTimeout: TIMEOUT_MS })
      this.#pools.set(service, pool)
    }
    return pool
  }

  #unavailable(service: ServiceName, error: unknown): Problem {
    log.warn('service not reached', { target: service, error })
    return new Problem(503, {
      type: 'unavailable',
      title: 'Service unavailable',
      detail: `the ${service} service cannot be reached right now; send the same request again`,
    })
  }
}

const BROKEN = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT'])

const isBrokenConnection = (error: unknown): boolean => {
  const { code, cause } = (error ?? {}) as { code?: string; cause?: { code?: string } }
  return BROKEN.has(code ?? '') || BROKEN.has(cause?.code ?? '')
}
