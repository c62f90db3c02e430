import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, buildConnector, request } from 'undici'
import { isAllowed, isPublic, type PrivateAddresses } from './addresses.ts'

export interface WebhookClientOptions {
  readonly allowed: PrivateAddresses
  /** For one request, from the look at its name to the end of its answer, milliseconds. */
  readonly timeoutMs: number
  /** Connections to one endpoint. */
  readonly connections: number
  /** Every address of a name. Default: the system's resolver. */
  readonly resolve?: (hostname: string, answer: (error: Error | null, addresses: LookupAddress[]) => void) => void
}

export interface WebhookAnswer {
  readonly status: number
  /** At most `LONGEST_ANSWER_BYTES` of it. */
  readonly body: string
  /** Seconds, or a date: as the header says. */
  readonly retryAfter: string | undefined
}

/** Nothing is sent to this address, whatever its name is. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

const LONGEST_ANSWER_BYTES = 4_096
/** A kept connection is not older than this: then its name is looked up anew. */
const OLDEST_CONNECTION_MS = 60_000

const resolveBySystem: NonNullable<WebhookClientOptions['resolve']> = (hostname, answer) =>
  dnsLookup(hostname, { all: true, verbatim: true }, answer)

/**
 * Sends to addresses that strangers name. What is checked is the address that the connection is then made to, so a name
 * that says something else a moment later changes nothing; redirects are answers like any other, and are not followed.
 * Without TLS only private addresses are spoken to, where these are allowed.
 */
export class WebhookClient {
  readonly #agent: Agent

  constructor(private readonly options: WebhookClientOptions) {
    const { timeoutMs, connections } = options
    const connectors = { 'https:': this.#connector('https:'), 'http:': this.#connector('http:') }
    this.#agent = new Agent({
      connections,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      keepAliveMaxTimeout: OLDEST_CONNECTION_MS,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: (target, connected) => connectors[target.protocol as 'https:' | 'http:'](target, connected),
    })
  }

  /** Rejects when there is no answer in time, or when the address is refused. */
  async post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    stopped: AbortSignal,
  ): Promise<WebhookAnswer> {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(this.options.timeoutMs)])
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.#agent })
    const { 'retry-after': retryAfter } = answer.headers
    return {
      status: answer.statusCode,
      body: await beginningOf(answer.body),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy()
  }

  #connector(protocol: 'https:' | 'http:'): buildConnector.connector {
    const connect = buildConnector({
      timeout: this.options.timeoutMs,
      lookup: (hostname, { all }, answer) => {
        ;(this.options.resolve ?? resolveBySystem)(hostname, (error, addresses) => {
          const refused = error ?? this.#refusal(protocol, hostname, addresses)
          const [first] = addresses ?? []
          if (refused || first === undefined) return answer(refused ?? new Error(`${hostname} has no address`), [])
          return all ? answer(null, addresses) : answer(null, first.address, first.family)
        })
      },
    })
    return (target, connected) => {
      const host = target.hostname.replace(/^\[(.*)\]$/, '$1')
      // An address is connected to without a look at any name.
      const refused = isIP(host) === 0 ? undefined : this.#refusal(protocol, host, [{ address: host, family: 0 }])
      if (refused) connected(refused, null)
      else connect(target, connected)
    }
  }

  /** A name of which one address is refused is refused: nobody needs to mix them. */
  #refusal(protocol: string, hostname: string, addresses: readonly LookupAddress[]): AddressRefused | undefined {
    for (const { address } of addresses) {
      if (!isAllowed(address, this.options.allowed))
        return new AddressRefused(`${hostname} is ${address}, which is no public address`)
      if (protocol === 'http:' && isPublic(address))
        return new AddressRefused(`${hostname} is a public address: only https is spoken to it`)
    }
    return undefined
  }
}

const beginningOf = async (body: AsyncIterable<Buffer>): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop ends the connection, so an answer without an end holds nobody.
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= LONGEST_ANSWER_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_ANSWER_BYTES).toString('utf8')
}
