import { connect, type Socket } from 'node:net'
import {
  type Api,
  type Decoded,
  type Encodable,
  encodeRequest,
  type Fields,
  FrameParser,
  Reader,
  readResponseHeader,
} from '#libs/kafka-protocol'
import { ConnectionLost } from './errors.ts'
import type { Timing } from './timing.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export const nameOf = ({ host, port }: Address): string => `${host}:${port}`

interface Waiting {
  readonly answered: (frame: Buffer) => void
  readonly failed: (error: Error) => void
}

/** Answers about producing and metadata are small; this is far above what a cluster of any size says. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** A connection to one broker. Its answers come in the order of the requests, which may overlap. */
export class BrokerConnection {
  readonly #name: string
  readonly #waiting: Waiting[] = []
  #correlationId = 0
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>

  private constructor(
    private readonly socket: Socket,
    address: Address,
    private readonly clientId: string,
    private readonly requestMs: number,
  ) {
    this.#name = nameOf(address)
    const parser = new FrameParser(MAX_ANSWER_BYTES)
    socket.on('data', (chunk: Buffer) => {
      try {
        parser.push(chunk, (frame) => this.#waiting.shift()?.answered(frame))
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    let cause = 'closed by the broker'
    socket.on('error', ({ message }) => {
      cause = message
    })
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { failed } of this.#waiting.splice(0)) failed(this.#lost(cause))
        resolve()
      })
    })
  }

  /** Rejects with `ConnectionLost` when the broker cannot be reached in time. */
  static open(address: Address, clientId: string, { connectMs, requestMs }: Timing): Promise<BrokerConnection> {
    return new Promise((resolve, reject) => {
      // Requests are small and somebody waits for each.
      const socket = connect({ ...address, noDelay: true, keepAlive: true })
      const failed = (reason: string) => {
        clearTimeout(timer)
        socket.destroy()
        reject(new ConnectionLost(`${nameOf(address)}: ${reason}`))
      }
      const timer = setTimeout(() => failed(`no connection in ${connectMs} ms`), connectMs)
      const refused = ({ message }: Error) => failed(message)
      socket.once('error', refused)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', refused)
        resolve(new BrokerConnection(socket, address, clientId, requestMs))
      })
    })
  }

  /** Rejects with `ConnectionLost` when there is no answer. */
  async request<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<S>> {
    if (!this.socket.writable) throw this.#lost('closed')
    const correlationId = ++this.#correlationId
    const pieces = encodeRequest(api, version, { correlationId, clientId: this.clientId }, body)
    const reader = new Reader(await this.#exchange(pieces, api.name))
    const answered = readResponseHeader(reader, api as unknown as Api, version)
    if (answered === correlationId) return api.readResponse(reader, version)
    this.socket.destroy()
    throw this.#lost(`answered ${answered} to request ${correlationId}`)
  }

  /** Sends what the broker does not answer. Resolves when the operating system has it, which says nothing of the broker. */
  post<Q extends Fields, S extends Fields>(api: Api<Q, S>, version: number, body: Encodable<Q>): Promise<void> {
    if (!this.socket.writable) return Promise.reject(this.#lost('closed'))
    const pieces = encodeRequest(api, version, { correlationId: ++this.#correlationId, clientId: this.clientId }, body)
    return new Promise((resolve, reject) => {
      this.socket.cork()
      pieces.forEach((piece, i) => {
        if (i < pieces.length - 1) this.socket.write(piece)
        else this.socket.write(piece, (error) => (error ? reject(this.#lost(error.message)) : resolve()))
      })
      this.socket.uncork()
    })
  }

  close(): void {
    this.socket.destroy()
  }

  #exchange(pieces: readonly Buffer[], what: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.socket.destroy(new Error(`no answer to ${what} in ${this.requestMs} ms`)),
        this.requestMs,
      )
      this.#waiting.push({
        answered: (frame) => {
          clearTimeout(timer)
          resolve(frame)
        },
        failed: (error) => {
          clearTimeout(timer)
          reject(error)
        },
      })
      this.socket.cork()
      for (const piece of pieces) this.socket.write(piece)
      this.socket.uncork()
    })
  }

  #lost(cause: string): ConnectionLost {
    return new ConnectionLost(`${this.#name}: ${cause}`)
  }
}
