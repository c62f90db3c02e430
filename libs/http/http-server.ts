import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import { createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { judgeArrivalFairly } from './fair-timeouts.ts'
import { Problem } from './problem.ts'

/** For a whole request to arrive, its body included: whoever takes longer is holding a connection, not sending. */
const REQUEST_MS = 10_000
const HEADERS_MS = 5_000
/** How often Node looks for those who take longer. */
const LOOK_MS = 1_000
/** Each costs some 10 KB and may send a body of 64 KiB; the next one is hung up on. */
const MAX_CONNECTIONS = 4_096
/** Clients are told that an idle connection is kept for so long. */
const KEEP_ALIVE_MS = 36_000
/**
 * It is kept for so much longer, since one that is closed as it is used again loses a request, and a busy client looks late: undici
 * counts its ticks of half a second and not how late each came. Both together are longer than proxies keep one, a minute.
 */
const KEEP_ALIVE_BUFFER_MS = 36_000
const PROBLEM_JSON = 'application/problem+json'

/** How Fastify is to set up Node's server, so that what Node refuses itself is a problem, too, and nothing waits for ever. */
export const serverOptions = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  requestTimeout: REQUEST_MS,
  // We have an answer of our own, see `drainOnClose`.
  return503OnClosing: false,
  http: {
    headersTimeout: HEADERS_MS,
    connectionsCheckingInterval: LOOK_MS,
    // Node would answer with nothing; `refuseWithoutHost` says what is missing.
    requireHostHeader: false,
  },
  clientErrorHandler: (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    answerOn(socket, PARSER_PROBLEMS[error.code ?? ''] ?? malformed(error.message))
  },
}

const malformed = (detail: string): Problem =>
  new Problem(400, { type: 'malformed-request', title: 'Malformed request', detail: `this is no HTTP: ${detail}` })

const PARSER_PROBLEMS: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, { detail: `the request did not arrive within ${REQUEST_MS / 1_000} s` }),
  HPE_HEADER_OVERFLOW: new Problem(431, { detail: 'the header is larger than 16 KiB' }),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new Problem(413, { detail: 'the chunk extensions are too large' }),
}

/** What Node's server would close a connection for without a word. */
export const guard = (server: Server): void => {
  server.maxConnections = MAX_CONNECTIONS
  server.keepAliveTimeoutBuffer = KEEP_ALIVE_BUFFER_MS
  judgeArrivalFairly(server, LOOK_MS)
  server.on('connect', (_request: IncomingMessage, socket: Duplex) =>
    answerOn(socket, new Problem(405, { detail: 'this is no proxy' })),
  )
  server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    const { status, details } = new Problem(417, { detail: `cannot do what Expect asks for: ${headers.expect}` })
    const body = JSON.stringify(details)
    const length = Buffer.byteLength(body)
    response
      .writeHead(status, { 'content-type': PROBLEM_JSON, 'content-length': length, connection: 'close' })
      .end(body)
  })
}

/**
 * `localhost` is `127.0.0.1` for some and `::1` for others. Whoever listens on the former takes connections on the
 * latter, too, where the machine has it; answers how to stop that.
 */
export const listenOnLoopback6 = (server: Server, port: number): Promise<() => void> =>
  new Promise((resolve) => {
    const twin = createServer((socket) => server.emit('connection', socket))
    twin.once('error', () => resolve(() => {}))
    twin.listen({ host: '::1', port, ipv6Only: true }, () => resolve(() => twin.close()))
  })

const answerOn = (socket: Duplex, { status, details, headers }: Problem): void => {
  const body = JSON.stringify(details)
  const fields = Object.entries({
    ...headers,
    'content-type': PROBLEM_JSON,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  if (socket.writable) socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields.join('')}\r\n${body}`)
  // Whoever goes on sending what nobody reads gets no further.
  setTimeout(() => socket.destroy(), LOOK_MS).unref()
}
