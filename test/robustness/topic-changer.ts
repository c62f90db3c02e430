import { createPartitions, createTopics, deleteTopics, ErrorCode, errorName, metadata } from '#libs/kafka-protocol'
import { ask } from './reader.ts'

const { NONE, TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, UNKNOWN_TOPIC_OR_PARTITION, REQUEST_TIMED_OUT } = ErrorCode
/** Topics that are there at a time: the oldest goes when another comes. */
const ALIVE = 6
const PREFIX = 'changing-'

/**
 * Creates topics, lets them grow and deletes them. What was acknowledged once is so for good: a question that is asked
 * again after the broker died may be answered that it has come about.
 */
export class TopicChanger {
  readonly errors: string[] = []
  changes = 0
  readonly #brokers: string
  readonly #random: () => number
  /** Topic → how many partitions were acknowledged, the oldest first. */
  readonly #topics = new Map<string, number>()

  constructor(brokers: string, random: () => number) {
    this.#brokers = brokers
    this.#random = random
  }

  async run(done: () => boolean): Promise<void> {
    for (let number = 0; !done(); number++) {
      await this.#create(`${PREFIX}${number}`)
      for (const topic of [...this.#topics.keys()]) if (this.#random() < 0.5) await this.#grow(topic)
      if (this.#topics.size >= ALIVE) await this.#delete([...this.#topics.keys()][0]!)
      this.errors.push(...(await this.differences()))
    }
  }

  /** What the broker says of these topics that is not what it has acknowledged. */
  async differences(): Promise<string[]> {
    const { topics } = await ask(this.#brokers, (client) => client.send(metadata, 5, { topics: null }))
    const found = new Map(
      topics.filter(({ name }) => name?.startsWith(PREFIX)).map((topic) => [topic.name!, topic.partitions.length]),
    )
    return [...new Set([...found.keys(), ...this.#topics.keys()])]
      .filter((topic) => found.get(topic) !== this.#topics.get(topic))
      .map((topic) => `${topic}: ${found.get(topic)} partitions where ${this.#topics.get(topic)} were acknowledged`)
  }

  async #create(name: string): Promise<void> {
    const numPartitions = 1 + Math.floor(this.#random() * 3)
    const topics = [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }]
    await this.#until([NONE, TOPIC_ALREADY_EXISTS], name, async () => {
      const answer = await ask(this.#brokers, (client) => client.send(createTopics, 5, { topics, timeoutMs: 5_000 }))
      return answer.topics[0]!.errorCode
    })
    this.#topics.set(name, numPartitions)
  }

  async #grow(name: string): Promise<void> {
    const count = this.#topics.get(name)! + 1
    const topics = [{ name, count, assignments: null }]
    // Refused as no growth where the attempt before the kill has made it.
    await this.#until([NONE, INVALID_PARTITIONS], name, async () => {
      const body = { topics, timeoutMs: 5_000, validateOnly: false }
      const answer = await ask(this.#brokers, (client) => client.send(createPartitions, 1, body))
      return answer.results[0]!.errorCode
    })
    this.#topics.set(name, count)
  }

  async #delete(name: string): Promise<void> {
    await this.#until([NONE, UNKNOWN_TOPIC_OR_PARTITION], name, async () => {
      const body = { topicNames: [name], timeoutMs: 5_000 }
      const answer = await ask(this.#brokers, (client) => client.send(deleteTopics, 3, body))
      return answer.responses[0]!.errorCode
    })
    this.#topics.delete(name)
  }

  async #until(accepted: readonly number[], topic: string, attempt: () => Promise<number>): Promise<void> {
    for (;;) {
      const code = await attempt()
      if (accepted.includes(code)) break
      if (code !== REQUEST_TIMED_OUT) throw new Error(`${topic}: ${errorName(code)}`)
    }
    this.changes++
  }
}
