import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { createLogger } from '#libs/observability'
import { useOurFetchDecoder } from './kafkajs/fetch-decoder.ts'
import { restWhenIdle } from './kafkajs/idle-timer.ts'
import { type KafkaSecurity, kafkaSecurity, type SaslCredentials } from './security/kafka-security.ts'

restWhenIdle()
useOurFetchDecoder()

export interface KafkaOptions {
  /** `host:port` of some or all brokers of the cluster. */
  readonly brokers: readonly string[]
  /** Names the client to the broker. */
  readonly clientId: string
  /** Default: what the environment says. */
  readonly security?: KafkaSecurity
}

/**
 * `'forever'`: wait for the broker however long it is away, e.g. a consumer, which has nothing else to do and would
 * lose its place in the group by giving up. `'briefly'`: say soon that it does not work, e.g. a producer, whose caller
 * decides what then.
 */
export type Patience = 'forever' | 'briefly'

const FIRST_RETRY_MS = 50
/** An upper bound on how late a restarted broker is noticed. */
const LONGEST_RETRY_MS = 500
const REQUEST_MS = 30_000
/** A handshake of TLS takes more round trips, and work that a busy machine does late. */
const TLS_CONNECT_MS = 5_000

/** `requestMs`: how long an answer may take before it counts as lost. */
export const kafkaClient = (options: KafkaOptions, patience: Patience, requestMs = REQUEST_MS): Kafka => {
  const { brokers, clientId, security = kafkaSecurity() } = options
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(security.sasl !== undefined && { sasl: saslOf(security.sasl) }),
    connectionTimeout: security.tls === undefined ? 1_000 : TLS_CONNECT_MS,
    requestTimeout: requestMs,
    retry: {
      initialRetryTime: FIRST_RETRY_MS,
      maxRetryTime: LONGEST_RETRY_MS,
      retries: patience === 'forever' ? Number.MAX_SAFE_INTEGER : 3,
    },
    // Requests are small and somebody waits for each.
    socketFactory: ({ host, port, onConnect }) => {
      const address = { host, port, noDelay: true, keepAlive: true }
      if (security.tls === undefined) return connect(address, onConnect)
      return connectTls({ ...address, ...security.tls() }, onConnect)
    },
    logLevel: logLevel.INFO,
    logCreator: () => {
      const log = createLogger('kafka')
      // The client calls every lost connection and every rebalance an error. Here that is what one lives with, and
      // whoever is affected says so itself; the client's own words are for debugging.
      return ({ namespace, log: { message, timestamp: _, logger: __, ...fields } }) =>
        log.debug(`${namespace}: ${message}`, fields)
    },
  })
}

/** As kafkajs wants it. A token is looked up whenever it has to be shown. */
function saslOf(credentials: SaslCredentials): SASLOptions {
  if (credentials.mechanism === 'OAUTHBEARER') {
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: credentials.token() }) }
  }
  const { mechanism, username } = credentials
  return { mechanism: mechanism.toLowerCase(), username, password: credentials.password() } as SASLOptions
}
