import { once } from 'node:events'
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

/** Says to a broker exactly what a test wants said: any API, any version, in any order. */
export class ProtocolClient {
  private readonly socket: Socket
  private readonly waiting: { readonly resolve: (frame: Buffer) => void; readonly reject: (error: Error) => void }[] =
    []
  private correlationId = 0
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    const parser = new FrameParser(100_000_000)
    socket.on('data', (chunk: Buffer) =>
      parser.push(chunk, (frame) => this.waiting.shift()?.resolve(Buffer.from(frame))),
    )
    socket.on('error', () => {})
    socket.on('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error('the connection was closed'))
    })
  }

  static async connect(brokers: string): Promise<ProtocolClient> {
    const [host, port] = brokers.split(',')[0]!.split(':')
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    return new ProtocolClient(socket)
  }

  /** Answers come in the order of the requests, which may overlap; rejects when the connection closes before. */
  async send<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<S>> {
    const correlationId = ++this.correlationId
    if (this.socket.destroyed) throw new Error('the connection was closed')
    const frame = new Promise<Buffer>((resolve, reject) => this.waiting.push({ resolve, reject }))
    this.socket.write(Buffer.concat(encodeRequest(api, version, { correlationId, clientId: 'conformance' }, body)))
    const reader = new Reader(await frame)
    const answered = readResponseHeader(reader, api as never, version)
    if (answered !== correlationId) throw new Error(`answer ${answered} to request ${correlationId}`)
    return api.readResponse(reader, version)
  }

  /** A request that has no answer. */
  tell<Q extends Fields>(api: Api<Q, Fields>, version: number, body: Encodable<Q>): void {
    const header = { correlationId: ++this.correlationId, clientId: 'conformance' }
    this.socket.write(Buffer.concat(encodeRequest(api, version, header, body)))
  }

  /** Bytes that need not be a request. */
  write(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  close(): void {
    this.socket.destroy()
  }
}
