import { streamTopics } from '#libs/contracts'
import type { TopicRecord } from '#libs/messaging'
import type { StateChange, Task, Topology } from '#libs/stream-tasks'
import { ShopTask } from './domain/shop-task.ts'
import { topology } from './domain/topology.ts'

const { name, from, to, late, changelog } = topology

/** The topology as it runs on Kafka: what a task says becomes records. */
export const shopTopology: Topology = {
  name,
  source: from,
  changelog,
  task: (partition) => new RunningShopTask(partition),
}

/** The consumer group of the running topology: what it has committed is what its results know. */
export const STREAM_GROUP = `${name}-stream`

/** Where the results of a task are: always in the same partition, so that they are read in order. */
export const resultPartition = (partition: number): number => partition % streamTopics[to].partitions

class RunningShopTask implements Task {
  readonly #task: ShopTask

  constructor(private readonly partition: number) {
    this.#task = new ShopTask(partition)
  }

  get entries(): number {
    return this.#task.entries
  }

  get pending(): number {
    return this.#task.pending
  }

  process(record: TopicRecord): void {
    this.#task.process(record)
  }

  flush() {
    const changes = this.#task.flush()
    const results = changes.results.map(({ key, value }) => ({
      ...{ topic: to, partition: resultPartition(this.partition) },
      record: { key, value, headers: {} },
    }))
    const setAside = changes.late.map(({ key, value, reason }) => ({
      ...{ topic: late, record: { key, value, headers: { reason } } },
    }))
    return { outputs: [...results, ...setAside], changelog: changes.changelog satisfies readonly StateChange[] }
  }

  restore(key: string, value: Buffer | null): void {
    this.#task.restore(key, value === null ? null : value.toString())
  }
}
