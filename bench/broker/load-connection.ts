import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Api, type Encodable, encodeRequest, type Fields, FrameParser } from '#libs/kafka-protocol'
import type { BrokerUnderTest } from './broker-under-test.ts'

/** A request encoded once and sent often; only its correlation id changes. */
export const encodedRequest = <Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  version: number,
  body: Encodable<Q>,
): Buffer => Buffer.concat(encodeRequest(api, version, { correlationId: 0, clientId: 'bench' }, body))

const CORRELATION_ID = 8
const MAX_FRAME = 128 * 1024 * 1024

/** A connection that costs the load generator next to nothing: encoded requests in, frames out, in order. */
export class LoadConnection {
  private readonly socket: Socket
  private readonly waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void }[] = []
  private correlationId = 0

  private constructor(socket: Socket) {
    this.socket = socket
    const parser = new FrameParser(MAX_FRAME)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => parser.push(chunk, (frame) => this.waiting.shift()?.resolve(frame)))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error('the broker closed the connection'))
    })
  }

  static async to({ host, port }: BrokerUnderTest): Promise<LoadConnection> {
    const socket = connect(port, host)
    await once(socket, 'connect')
    return new LoadConnection(socket)
  }

  /** Answers come in the order of the requests, which may overlap. */
  send(request: Buffer): Promise<Buffer> {
    request.writeInt32BE(++this.correlationId, CORRELATION_ID)
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      this.socket.write(Buffer.from(request))
    })
  }

  close(): void {
    this.socket.destroy()
  }
}
