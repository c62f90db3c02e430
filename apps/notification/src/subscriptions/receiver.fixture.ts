import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

/** What an endpoint was sent. */
export interface Received {
  readonly webhookId: string
  readonly signature: string
  readonly body: {
    readonly type: string
    readonly id: string
    readonly key: string
    readonly data: { readonly challenge?: string; readonly [name: string]: unknown }
  }
}

export type Answer = (received: Received, response: ServerResponse) => unknown

/**
 * An endpoint of a subscriber. It verifies signatures by the reference library of Standard Webhooks, once it has been given
 * a secret; says that it wants to be told; and keeps what it is sent, unless `answer` does otherwise.
 */
export const startReceiver = async (port = 0) => {
  const received: Received[] = []
  const problems: string[] = []
  let secret: string | undefined
  let answer: Answer = (_received, response) => response.writeHead(204).end()
  let confirms = true

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const headers = request.headers as Record<string, string>
    try {
      if (secret !== undefined) new Webhook(secret).verify(text, headers)
    } catch (error) {
      problems.push(String(error))
    }
    const body = JSON.parse(text) as Received['body']
    if (body.type === 'subscription.confirm') {
      response.writeHead(confirms ? 200 : 500).end(JSON.stringify({ challenge: body.data.challenge }))
      return
    }
    const one = { webhookId: headers['webhook-id']!, signature: headers['webhook-signature']!, body }
    received.push(one)
    answer(one, response)
  }

  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    problems,
    types: () => received.map(({ body }) => body.type),
    verifyWith: (its: string) => {
      secret = its
    },
    answerWith: (its: Answer) => {
      answer = its
    },
    confirmNever: () => {
      confirms = false
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
