import { connect } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { createLogger } from '#libs/observability'
import { useOurFetchDecoder } from './kafkajs/fetch-decoder.ts'
import { restWhenIdle } from './kafkajs/idle-timer.ts'

restWhenIdle()
useOurFetchDecoder()

export interface KafkaOptions {
  /** `host:port` of some or all brokers of the cluster. */
  readonly brokers: readonly string[]
  /** Names the client to the broker. */
  readonly clientId: string
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

/** `requestMs`: how long an answer may take before it counts as lost. */
export const kafkaClient = ({ brokers, clientId }: KafkaOptions, patience: Patience, requestMs = REQUEST_MS): Kafka =>
  new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 1_000,
    requestTimeout: requestMs,
    retry: {
      initialRetryTime: FIRST_RETRY_MS,
      maxRetryTime: LONGEST_RETRY_MS,
      retries: patience === 'forever' ? Number.MAX_SAFE_INTEGER : 3,
    },
    // Requests are small and somebody waits for each.
    socketFactory: ({ host, port, onConnect }) => connect({ host, port, noDelay: true, keepAlive: true }, onConnect),
    logLevel: logLevel.INFO,
    logCreator: () => {
      const log = createLogger('kafka')
      // The client calls every lost connection and every rebalance an error. Here that is what one lives with, and
      // whoever is affected says so itself; the client's own words are for debugging.
      return ({ namespace, log: { message, timestamp: _, logger: __, ...fields } }) =>
        log.debug(`${namespace}: ${message}`, fields)
    },
  })
