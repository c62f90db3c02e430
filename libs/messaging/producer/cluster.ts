import { ErrorCode, metadata } from '#libs/kafka-protocol'
import type { KafkaOptions } from '../kafka-client.ts'
import { type Address, BrokerConnection, nameOf } from './broker-connection.ts'
import { ConnectionLost, errorOf, TryAgain } from './errors.ts'
import type { Timing } from './timing.ts'

/** The first version that can ask without creating topics; Kafka 0.11 to today speak it. */
const METADATA_VERSION = 4

/** The brokers of a cluster: which partition of which topic each leads, and a connection to those that are needed. */
export class Cluster {
  readonly #seeds: readonly Address[]
  readonly #connections = new Map<string, Promise<BrokerConnection>>()
  /** By node id. */
  #brokers = new Map<number, Address>()
  /** Topic → the leader of each partition, by partition; -1 while there is none. */
  readonly #leaders = new Map<string, number[]>()
  /** What the brokers said about topics that they do not have. */
  readonly #problems = new Map<string, Error>()
  #asked = Number.NEGATIVE_INFINITY

  constructor(
    private readonly options: KafkaOptions,
    private readonly timing: Timing,
  ) {
    this.#seeds = options.brokers.map(parseAddress)
  }

  /** What is known may be out of date: it is asked for again before it is used again. */
  doubt(): void {
    this.#asked = Number.NEGATIVE_INFINITY
  }

  /** Resolves when the brokers have said what there is to know about these topics; rejects when none can be reached. */
  async know(topics: Iterable<string>): Promise<void> {
    const wanted = [...topics]
    const isFresh = performance.now() - this.#asked < this.timing.metadataMs
    if (isFresh && wanted.every((topic) => this.#leaders.has(topic))) return
    await this.#ask([...new Set([...this.#leaders.keys(), ...wanted])])
  }

  /** Why nothing can be sent to a topic that `know` was asked about; undefined when it is there. */
  problemWith(topic: string): Error | undefined {
    return this.#leaders.has(topic) ? undefined : this.#problems.get(topic)
  }

  /** Of a topic without a problem. */
  partitionCount(topic: string): number {
    return this.#leaders.get(topic)!.length
  }

  /** How many partitions each topic has that is known now. */
  partitionCounts(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#leaders, ([topic, leaders]) => [topic, leaders.length]))
  }

  /** The node that leads the partition; undefined while there is none. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition]
    return leader === undefined || leader < 0 ? undefined : leader
  }

  nodes(): number[] {
    return [...this.#brokers.keys()]
  }

  connectionTo(node: number): Promise<BrokerConnection> {
    const address = this.#brokers.get(node)
    if (address === undefined) return Promise.reject(new TryAgain(`broker ${node} is not in the cluster`))
    return this.#connect(address)
  }

  /** To whichever broker answers first, those that a connection is open to before others. */
  async anyConnection(): Promise<BrokerConnection> {
    const addresses = new Map([...this.#brokers.values(), ...this.#seeds].map((address) => [nameOf(address), address]))
    const open = [...addresses.values()].filter((address) => this.#connections.has(nameOf(address)))
    let failure: unknown = new ConnectionLost('no brokers are named')
    for (const address of new Set([...open, ...addresses.values()])) {
      try {
        return await this.#connect(address)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** A connection of its own, which whoever asks for it closes. */
  open(address: Address, timing: Timing): Promise<BrokerConnection> {
    return BrokerConnection.open(address, this.options.clientId, timing, this.options.security)
  }

  close(): void {
    for (const connection of this.#connections.values()) {
      connection.then(
        (opened) => opened.close(),
        () => {},
      )
    }
  }

  #connect(address: Address): Promise<BrokerConnection> {
    const name = nameOf(address)
    const known = this.#connections.get(name)
    if (known !== undefined) return known
    const opening = this.open(address, this.timing)
    this.#connections.set(name, opening)
    opening
      .then(({ closed }) => closed)
      .catch(() => {})
      .then(() => this.#connections.delete(name))
    return opening
  }

  async #ask(topics: readonly string[]): Promise<void> {
    const connection = await this.anyConnection()
    const request = { topics: topics.map((name) => ({ name })), allowAutoTopicCreation: false }
    const answer = await connection.request(metadata, METADATA_VERSION, request)
    this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    for (const topic of answer.topics) this.#learn(topic)
    this.#asked = performance.now()
  }

  #learn({ name, errorCode, partitions }: TopicMetadata): void {
    const topic = name!
    this.#problems.delete(topic)
    if (errorCode !== ErrorCode.NONE) {
      this.#leaders.delete(topic)
      this.#problems.set(topic, errorOf(errorCode, `topic ${topic}`))
      return
    }
    const leaders: number[] = new Array(partitions.length).fill(-1)
    for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId
    this.#leaders.set(topic, leaders)
  }
}

interface TopicMetadata {
  readonly name: string | null
  readonly errorCode: number
  readonly partitions: readonly { readonly partitionIndex: number; readonly leaderId: number }[]
}

const parseAddress = (broker: string): Address => {
  const colon = broker.lastIndexOf(':')
  return { host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) }
}
