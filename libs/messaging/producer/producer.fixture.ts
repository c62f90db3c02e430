import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Timing } from './timing.ts'

/** Without the patience of production. */
export const HASTY: Timing = { connectMs: 1_000, requestMs: 5_000, retriesMs: [20, 50, 100], metadataMs: 60_000 }

export interface TestProxy {
  readonly port: number
  /** From now on bytes go to this port; what is under way is cut. */
  forwardTo(port: number): void
  /** What becomes of the next piece of an answer: it is thrown away, and with `'cut'` the connection as well. */
  spoilNextAnswer(how: 'cut' | 'swallow'): void
  close(): void
}

/** Stands between a client and a broker whose advertised address it is, and loses answers when it is told to. */
export const startProxy = async (): Promise<TestProxy> => {
  let target = 0
  let spoil: 'cut' | 'swallow' | undefined
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ port: target, host: '127.0.0.1', noDelay: true })
    for (const [one, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.pipe(broker)
    broker.on('data', (answer) => {
      const how = spoil
      spoil = undefined
      if (how === undefined) client.write(answer)
      else if (how === 'cut') client.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    forwardTo: (port) => {
      target = port
      cutAll()
    },
    spoilNextAnswer: (how) => {
      spoil = how
    },
    close: () => {
      cutAll()
      server.close()
    },
  }
}
