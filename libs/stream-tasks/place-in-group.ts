import { EARLIEST, type GroupMembership, type KafkaOptions, type TopicReader } from '#libs/messaging'
import { createLogger, fields } from '#libs/observability'
import { type RestoredTask, restoreTasks } from './restore-tasks.ts'
import type { RunningTasks } from './running-tasks.ts'
import type { StandbyTasks } from './standby-tasks.ts'
import type { Topology } from './topology.ts'

/** Tasks that have their state: what was read for it now, and what copies of them had read before. */
export interface Restored {
  readonly partitions: number
  /** Records of the changelog. */
  readonly read: number
  readonly copied: number
  readonly ms: number
}

export interface PlaceOptions {
  readonly kafka: KafkaOptions
  readonly topology: Topology
  readonly instanceId: string
  readonly membership: GroupMembership
  /** Of the source. */
  readonly reader: TopicReader
  readonly tasks: RunningTasks
  readonly standbys: StandbyTasks | undefined
  /** Ends what a process that is gone left open; undefined where nothing is. */
  readonly fence: ((instanceId: string) => Promise<void>) | undefined
}

const log = createLogger('streams')

/** A processor's place in its group: which partitions it has in this generation, and how their tasks come by their state. */
export class PlaceInGroup {
  #generation = -1
  #memberId = ''

  constructor(private readonly options: PlaceOptions) {}

  /** As who it commits: the group takes offsets from a member of its present generation only. */
  get member() {
    const { topology, instanceId } = this.options
    return {
      ...{ groupId: topology.name, generationId: this.#generation },
      ...{ memberId: this.#memberId, groupInstanceId: instanceId },
    }
  }

  /**
   * Joins, gives up what others have now, and restores what is new here. Nothing may be uncommitted. Answers what was restored, undefined
   * when nothing is new. @throws TryAgain
   */
  async take(): Promise<Restored | undefined> {
    const { membership, standbys, tasks } = this.options
    const owned = tasks.partitions
    const { generationId, memberId, partitions, copies } = await membership.join(owned, standbys?.partitions ?? [])
    // Who missed a generation does not know who worked on its partitions meanwhile.
    const isNext = generationId === this.#generation || generationId === this.#generation + 1
    for (const partition of owned) if (!isNext || !partitions.includes(partition)) tasks.drop(partition)
    ;[this.#generation, this.#memberId] = [generationId, memberId]
    const restored = await this.#restore(partitions.filter((partition) => !tasks.has(partition)))
    standbys?.keep(copies)
    return restored
  }

  async #restore(partitions: readonly number[]): Promise<Restored | undefined> {
    if (partitions.length === 0) return undefined
    const { kafka, topology, standbys, tasks } = this.options
    const begun = performance.now()
    const positions = await this.#positions(partitions)
    const fresh = new Map(partitions.map((partition) => [partition, this.#begun(partition)]))
    const copied = [...fresh.values()].reduce((sum, { records }) => sum + records, 0)
    const read = await restoreTasks(kafka, topology.changelog, fresh).catch((error: unknown) => {
      // What has been read is not read again.
      for (const [partition, task] of fresh) standbys?.give(partition, task)
      throw error
    })
    for (const [partition, { task }] of fresh) tasks.add(partition, task, positions.get(partition)!)
    const restored = { partitions: partitions.length, read, copied, ms: Math.round(performance.now() - begun) }
    log.info('state restored', restored)
    return restored
  }

  /** A task that its changelog is to be read into: from where a copy of it stands, or from the beginning. */
  #begun(partition: number): RestoredTask {
    const copy = this.options.standbys?.take(partition)
    return copy ?? { task: this.options.topology.task(partition), next: EARLIEST, records: 0 }
  }

  /** Where the group goes on: in a partition that it has not read, and where its place is gone, at the beginning. */
  async #positions(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const { membership, reader, topology } = this.options
    await this.#fenceDeparted(partitions)
    const committed = await membership.committed(partitions)
    const wanted = partitions.map((partition) => ({ topic: topology.source, partition }))
    const starts = await reader.offsetsAt(wanted, EARLIEST)
    return new Map(starts.map(({ partition, offset }) => [partition, Math.max(offset, committed.get(partition) ?? -1)]))
  }

  /**
   * A transaction of a process that was killed holds its partitions up until its time is over, and the brokers look for such ones every ten
   * seconds. It cannot end well any more, for its generation is over; so it is ended now. Should it not be, it is waited for.
   */
  async #fenceDeparted(partitions: readonly number[]): Promise<void> {
    const { fence, membership } = this.options
    if (fence === undefined) return
    try {
      for (const instanceId of await membership.departed(partitions)) {
        await fence(instanceId)
        log.info('ended what another process left open', { instance: instanceId })
      }
    } catch (error) {
      log.debug('nobody could be fenced', { [fields.error]: error })
    }
  }
}
