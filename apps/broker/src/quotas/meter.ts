import { ApiKey } from '../api-key.ts'
import type { Broker } from '../broker.ts'
import type { IncomingRequest } from '../network/incoming-request.ts'
import { type Client, isFetch } from './client-quotas.ts'

/** Who has no name yet is held to nothing. */
const EXEMPT: readonly number[] = [ApiKey.SaslHandshake, ApiKey.SaslAuthenticate]

/** What one request uses, while there are quotas. */
export class Meter {
  private busyMs = 0

  private constructor(
    private readonly broker: Broker,
    private readonly client: Client,
    private readonly apiKey: number,
    private readonly requestBytes: number,
  ) {}

  /** Undefined where nothing needs to be measured. */
  static of(broker: Broker, client: Client, { handler }: IncomingRequest, requestBytes: number): Meter | undefined {
    const { key } = handler.api
    return broker.quotas.isEmpty || EXEMPT.includes(key) ? undefined : new Meter(broker, client, key, requestBytes)
  }

  /** The same request, but for no more in one answer than may come at once. */
  limited(body: IncomingRequest['body']): IncomingRequest['body'] {
    if (!isFetch(this.apiKey)) return body
    const { maxBytes } = body as { readonly maxBytes: number }
    return { ...body, maxBytes: Math.min(maxBytes, this.broker.quotas.mostOfFetch(this.client)) }
  }

  measure<T>(work: () => T): T {
    const began = performance.now()
    try {
      return work()
    } finally {
      this.busyMs += performance.now() - began
    }
  }

  /** For how many milliseconds the client is to be left alone. */
  charge(answer: readonly Buffer[]): number {
    const { apiKey, requestBytes, busyMs } = this
    const answerBytes = answer.reduce((sum, { length }) => sum + length, 0)
    return this.broker.quotas.charge(this.client, { apiKey, requestBytes, answerBytes, busyMs })
  }
}
