import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer, CommandRequest, ProcessControl } from './process-control.ts'
import type { Trail } from './trail.ts'

const MOST_BODY_BYTES = 16 * 1_024
const MOST_CONNECTIONS = 32
/** For a whole request to arrive. Milliseconds. */
const REQUEST_MS = 5_000

interface Serves {
  readonly control: ProcessControl
  readonly trail: Trail
}

/**
 * By what the gateway asks its supervisor: HTTP on a loopback port of its own, to who holds the token, which the console
 * alone is given in its environment.
 */
export class ControlServer {
  readonly #token = randomBytes(24).toString('base64url')
  readonly #server: Server
  #serves: Serves | undefined

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.requestTimeout = REQUEST_MS
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    // Being asked is no reason to live on.
    this.#server.unref()
  }

  /** What the console has to know. */
  get environment(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return { SUPERVISOR_URL: `http://127.0.0.1:${port}`, SUPERVISOR_TOKEN: this.#token }
  }

  serve(serves: Serves): void {
    this.#serves = serves
  }

  /** Nothing is begun any more, and whoever is paused goes on. */
  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await this.#serves?.control.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#answerTo(request).catch((error: Error) => ({
      ...{ status: 503, body: { type: 'supervisor', detail: `the supervisor could not do it: ${error.message}` } },
    }))
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  async #answerTo(request: IncomingMessage): Promise<Answer> {
    if (!this.#isKnown(request)) return { status: 401, body: { detail: 'not who may ask' } }
    if (this.#serves === undefined) return { status: 503, body: { detail: 'the system is only being set up' } }
    const { control, trail } = this.#serves
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://supervisor')
    switch (`${request.method} ${pathname}`) {
      case 'GET /processes':
        return { status: 200, body: { items: await control.state() } }
      case 'POST /commands':
        return control.command(await bodyOf<CommandRequest>(request))
      case 'GET /internal/audit':
        return { status: 200, body: auditPage(trail, Object.fromEntries(searchParams)) }
      case 'GET /internal/audit/verify':
        return { status: 200, body: trail.verify() }
      default:
        return { status: 404, body: { detail: `nothing is at ${pathname}` } }
    }
  }

  #isKnown({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(String(headers.authorization ?? ''))
    const expected = Buffer.from(`Bearer ${this.#token}`)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}

const bodyOf = async <T>(request: IncomingMessage): Promise<T> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BODY_BYTES) throw new Error('too much was sent')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as T
}

/** As every service answers for its part of the audit trail. */
const auditPage = (trail: Trail, query: Readonly<Record<string, string>>): object => {
  const { actor, target, cursor, from, to } = query
  const limit = Number(query.limit ?? 100)
  const filter = { actor, target, from: utc(from), to: utc(to) }
  const items = trail.list(filter, cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor), limit)
  return { items, ...(items.length === limit ? { nextCursor: String(items.at(-1)!.seq) } : {}) }
}

const utc = (at: string | undefined): string | undefined => at && new Date(at).toISOString()
