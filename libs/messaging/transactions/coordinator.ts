import { type Api, type Decoded, type Encodable, ErrorCode, type Fields, findCoordinator } from '#libs/kafka-protocol'
import { type Address, BrokerConnection, nameOf } from '../producer/broker-connection.ts'
import type { Cluster } from '../producer/cluster.ts'
import { errorOf, Refused, TryAgain } from '../producer/errors.ts'
import type { Timing } from '../producer/timing.ts'

/** With several keys in one question: Kafka 3.0 to today speak it. */
const FIND_COORDINATOR_VERSION = 4

export const GROUP = 0
export const TRANSACTION = 1

/**
 * The broker that coordinates one group or one transactional id, over a connection of its own: a request that waits, as
 * joining a group does, holds up nobody else's. It is looked up when it is needed, and again when it was not reached or
 * says that it is not the one.
 */
export class Coordinator {
  #connection: Promise<BrokerConnection> | undefined
  #isClosed = false

  constructor(
    private readonly cluster: Cluster,
    private readonly of: { readonly keyType: number; readonly key: string },
    private readonly timing: Timing,
  ) {}

  async request<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    version: number,
    body: Encodable<Q>,
  ): Promise<Decoded<S>> {
    if (this.#isClosed) throw new Refused(`${api.name}: closed`)
    this.#connection ??= this.#connect()
    const connecting = this.#connection
    try {
      return await (await connecting).request(api, version, body)
    } catch (error) {
      if (error instanceof TryAgain) this.forget(connecting)
      throw error
    }
  }

  /** The error for a code that it answered; after one that says that somebody else may be it, it is looked up again. */
  failure(code: number, what: string): Error {
    if (ELSEWHERE.has(code)) this.forget()
    return errorOf(code, what)
  }

  /** For good: what waits for an answer is told that there is none, and nothing is asked any more. */
  close(): void {
    this.#isClosed = true
    this.forget()
  }

  /** Ends the connection, and with it what waits on it; the next request has another one. */
  forget(connection = this.#connection): void {
    if (this.#connection === connection) this.#connection = undefined
    connection?.then(
      (opened) => opened.close(),
      () => {},
    )
  }

  async #connect(): Promise<BrokerConnection> {
    const { keyType, key } = this.of
    const anyone = await this.cluster.anyConnection()
    const answer = await anyone.request(findCoordinator, FIND_COORDINATOR_VERSION, { keyType, coordinatorKeys: [key] })
    const { errorCode, host, port } = answer.coordinators[0]!
    if (errorCode !== ErrorCode.NONE) throw errorOf(errorCode, `the coordinator of ${key}`)
    const address: Address = { host, port }
    try {
      return await this.cluster.open(address, this.timing)
    } catch (error) {
      throw new TryAgain(`the coordinator ${nameOf(address)} of ${key}: ${(error as Error).message}`)
    }
  }
}

const ELSEWHERE: ReadonlySet<number> = new Set([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])
