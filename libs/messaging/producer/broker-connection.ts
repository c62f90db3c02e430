import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
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
import { type KafkaSecurity, kafkaSecurity, type SaslCredentials } from '../security/kafka-security.ts'
import { authenticate } from '../security/sasl-client.ts'
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
/** The part of a session that passes before the next one is begun. */
const PROVE_EARLY = 0.85

/** A connection to one broker. Its answers come in the order of the requests, which may overlap. */
export class BrokerConnection {
  readonly #name: string
  readonly #waiting: Waiting[] = []
  #correlationId = 0
  /** What is sent waits for this: who we are is being proven. */
  #proving: Promise<void> | undefined
  /** When to prove it again, of `performance.now()`. */
  #proveAt = Number.POSITIVE_INFINITY
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>

  private constructor(
    private readonly socket: Socket,
    address: Address,
    private readonly clientId: string,
    private readonly requestMs: number,
    private readonly sasl: SaslCredentials | undefined,
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

  /** Rejects with `ConnectionLost` when the broker cannot be reached in time, with `Refused` when it does not let us in. */
  static async open(
    address: Address,
    clientId: string,
    timing: Timing,
    security: KafkaSecurity = kafkaSecurity(),
  ): Promise<BrokerConnection> {
    const connection = new BrokerConnection(
      await socketTo(address, timing, security),
      address,
      clientId,
      timing.requestMs,
      security.sasl,
    )
    try {
      await connection.#authenticate()
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  /** Rejects with `ConnectionLost` when there is no answer. */
  async request<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<S>> {
    const proven = this.#proven()
    if (proven !== undefined) await proven
    return this.#send(api, version, body)
  }

  /** A broker cuts off whoever goes on after a session has ended, so another one is begun before (KIP-368). */
  #proven(): Promise<void> | undefined {
    return performance.now() >= this.#proveAt ? this.#authenticate() : this.#proving
  }

  #authenticate(): Promise<void> {
    const { sasl } = this
    if (sasl === undefined) return Promise.resolve()
    this.#proving ??= authenticate((api, version, body) => this.#send(api, version, body), sasl)
      .then((lifetimeMs) => {
        this.#proveAt = lifetimeMs > 0 ? performance.now() + lifetimeMs * PROVE_EARLY : Number.POSITIVE_INFINITY
      })
      .catch((error) => {
        this.close()
        throw error
      })
      .finally(() => {
        this.#proving = undefined
      })
    return this.#proving
  }

  async #send<Q extends Fields, S extends Fields>(
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
  async post<Q extends Fields, S extends Fields>(api: Api<Q, S>, version: number, body: Encodable<Q>): Promise<void> {
    const proven = this.#proven()
    if (proven !== undefined) await proven
    if (!this.socket.writable) throw this.#lost('closed')
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

/** Rejects with `ConnectionLost`. */
function socketTo(address: Address, { connectMs }: Timing, { tls }: KafkaSecurity): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Requests are small and somebody waits for each.
    const options = { ...address, noDelay: true, keepAlive: true }
    const socket = tls === undefined ? connect(options) : connectTls({ ...options, ...tls() })
    const failed = (reason: string) => {
      clearTimeout(timer)
      socket.destroy()
      reject(new ConnectionLost(`${nameOf(address)}: ${reason}`))
    }
    const timer = setTimeout(() => failed(`no connection in ${connectMs} ms`), connectMs)
    const refused = ({ message }: Error) => failed(message)
    socket.once('error', refused)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', refused)
      resolve(socket)
    })
  })
}
