import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { sendProblem, toProblem } from './problem-filter.ts'

/** Proxies hang up on what is silent for a minute. */
const KEEP_ALIVE_MS = 20_000
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }

/** The connection of one listener. */
export class EventStream {
  readonly #endListeners = new Set<() => void>()
  #begun = false
  #ended: boolean

  constructor(private readonly reply: FastifyReply) {
    this.#ended = reply.raw.destroyed
    this.response.once('close', () => this.end())
  }

  /** Where events are written to, from `begin` on. */
  get response(): ServerResponse {
    return this.reply.raw
  }

  /** Calls `listener` once, when nobody listens any more or the server closes; at once when that was before. */
  onEnd(listener: () => void): void {
    if (this.#ended) listener()
    else this.#endListeners.add(listener)
  }

  begin(): void {
    this.reply.hijack()
    this.#begun = true
    if (this.#ended) this.response.destroy()
    else this.response.writeHead(200, HEADERS)
  }

  /** Calls `write` now and then for as long as there is somebody to write to. */
  keepAlive(write: () => void): void {
    const timer = setInterval(write, KEEP_ALIVE_MS).unref()
    this.onEnd(() => clearInterval(timer))
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const listener of this.#endListeners) listener()
    this.#endListeners.clear()
    if (this.#begun) this.response.end()
  }
}

/** The listeners of one route of server-sent events: no more than `most`, and none that keeps the server from closing. */
export class EventStreams {
  readonly #open = new Set<EventStream>()

  constructor(
    fastify: FastifyInstance,
    private readonly most: number,
  ) {
    fastify.addHook('preClose', async () => {
      for (const stream of this.#open) stream.end()
    })
  }

  /** A handler that answers with a stream. What it throws before it begins one is answered as a problem. */
  serve<Request extends FastifyRequest>(handler: (request: Request, stream: EventStream) => Promise<void>) {
    return async (request: Request, reply: FastifyReply): Promise<void> => {
      try {
        await handler(request, this.#admit(reply))
      } catch (error) {
        if (!reply.sent) sendProblem(reply, toProblem(error))
      }
    }
  }

  #admit(reply: FastifyReply): EventStream {
    if (this.#open.size >= this.most)
      throw new Problem(503, { type: 'overloaded', detail: `${this.most} pages look already; come again later` })
    const stream = new EventStream(reply)
    this.#open.add(stream)
    stream.onEnd(() => this.#open.delete(stream))
    return stream
  }
}

/** One event as it is sent. */
export const serverSentEvent = (event: string, data: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
