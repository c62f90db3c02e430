import { setTimeout as delay } from 'node:timers/promises'
import { Agent, type Dispatcher, request } from 'undici'
import { Problem } from '#libs/http'
import { createLogger } from '#libs/observability'
import type { ServiceName } from './services.ts'

export interface ForwardedRequest {
  readonly method: string
  /** Path and query at the service, e.g. `/orders?limit=2`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
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
  readonly #agent = new Agent({ connections: 128, keepAliveTimeout: 30_000, headersTimeout: TIMEOUT_MS })

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
    await this.#agent.close()
  }

  async #send(service: ServiceName, { method, path, headers, body }: ForwardedRequest): Promise<ForwardedAnswer> {
    const answer = await request(this.addresses[service] + path, {
      dispatcher: this.#agent,
      method: method as Dispatcher.HttpMethod,
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
      body: body === undefined || body.length === 0 ? null : body,
    })
    return {
      status: answer.statusCode,
      headers: Object.fromEntries(
        ANSWERED_HEADERS.flatMap((name) =>
          answer.headers[name] === undefined ? [] : [[name, String(answer.headers[name])]],
        ),
      ),
      body: Buffer.from(await answer.body.arrayBuffer()),
    }
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
