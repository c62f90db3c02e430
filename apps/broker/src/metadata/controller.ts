import { ErrorCode } from '#libs/kafka-protocol'
import type { LiveSettings } from '../config/live-settings.ts'
import type { TopicConfigs } from '../config/topic-config.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { ScramDecision, ScramUsers } from '../security/authentication/scram-control.ts'
import { type ScramCredential, type ScramName, scramIdOf } from '../security/authentication/scram-credential.ts'
import { ConfigControl } from './config-control.ts'
import { EventQueue } from './event-queue.ts'
import type { MetadataImage } from './metadata-image.ts'
import { MetadataLog } from './metadata-log.ts'
import { isRefusal, type Refusal, refusal } from './refusal.ts'
import { Removals } from './removals.ts'
import { storageRefusal } from './storage-refusal.ts'
import { type NewTopic, TopicControl } from './topic-control.ts'
import { loadTopics } from './topic-loader.ts'
import { TopicLogs } from './topic-logs.ts'
import type { Topic, Topics } from './topics.ts'

/** More operations than this are not kept waiting: clients try again. */
const MAX_WAITING = 1000
/** One request may create thousands; others come in between. */
const CREATED_IN_ONE_TURN = 100

/**
 * Everything that changes metadata goes through one queue, as in Kafka's controller: an operation sees what the one
 * before it has left and is done, on the device, before the next one begins. Refusals, a disk that fails among them,
 * are values; what rejects is a fault of this program.
 */
export class Controller {
  private readonly queue = new EventQueue(MAX_WAITING)

  private constructor(
    readonly topics: Topics,
    private readonly log: MetadataLog,
    private readonly removals: Removals,
    private readonly topicControl: TopicControl,
    private readonly configControl: ConfigControl,
    private readonly settings: LiveSettings,
  ) {}

  /** Reads the journal, opens all partitions and sets aside what belongs to no topic. Rejects when the disk refuses. */
  static async open(logs: LogManager, settings: LiveSettings): Promise<Controller> {
    const log = await MetadataLog.open(logs)
    for (const scope of ['broker', 'cluster'] as const) settings.change(scope, log.image.brokerConfigs[scope])
    const topics = await loadTopics(log, logs, settings)
    const removals = new Removals()
    const parts = { log, topics, settings, partitions: new TopicLogs(logs, settings, removals) }
    return new Controller(topics, log, removals, new TopicControl(parts), new ConfigControl(parts), settings)
  }

  get clusterId(): string {
    return this.log.clusterId
  }

  /** What would stop this creation at present. */
  creationProblem(wanted: NewTopic): Refusal | undefined {
    return this.topicControl.creationProblem(wanted)
  }

  /** Resolves, with an outcome for each, when the topics can be used and would be there after a crash. */
  async createTopics(wanted: readonly NewTopic[]): Promise<(Topic | Refusal)[]> {
    const outcomes: (Topic | Refusal)[] = []
    for (let from = 0; from < wanted.length; from += CREATED_IN_ONE_TURN) {
      const some = wanted.slice(from, from + CREATED_IN_ONE_TURN)
      const names = some.map(({ name }) => name)
      const made = await this.whenFree(names, () => this.topicControl.create(some))
      outcomes.push(...(isRefusal(made) ? some.map(() => made) : made))
    }
    return outcomes
  }

  async createTopic(name: string, partitions: number, configs: TopicConfigs): Promise<Topic | Refusal> {
    return (await this.createTopics([{ name, partitions, configs }]))[0]!
  }

  /** The topic, created with the broker's defaults if it is missing. */
  async findOrCreate(name: string): Promise<Topic | Refusal> {
    const existing = this.topics.find(name)
    if (existing !== undefined) return existing
    // Clients ask for metadata again, and nobody's metadata may wait for a disk that hangs.
    if (!this.removals.isFree(name)) {
      this.removals.free(name).catch(() => {})
      return refusal(ErrorCode.LEADER_NOT_AVAILABLE, `The topic '${name}' is still being deleted.`)
    }
    const created = await this.createTopic(name, this.settings.values['num.partitions'], {})
    return this.topics.find(name) ?? created
  }

  /**
   * Adds partitions until there are `partitions`; `problem` is asked about the topic as it is when its turn has come.
   * Undefined when it is done, or would be with `validateOnly`.
   */
  async createPartitions(
    name: string,
    partitions: number,
    problem: (topic: Topic | undefined) => Refusal | undefined,
    validateOnly = false,
  ): Promise<Refusal | undefined> {
    return this.whenFree([name], async () => {
      const topic = this.topics.find(name)
      const found = problem(topic)
      return found !== undefined || validateOnly ? found : this.topicControl.grow(topic!, partitions)
    })
  }

  /** All that are there are gone when it resolves, even if the disk refused; false for those that were not there. */
  async deleteTopics(topicIds: readonly string[]): Promise<readonly boolean[] | Refusal> {
    return this.inTurn(async () => {
      const found = topicIds.map((topicId) => this.topics.findById(topicId))
      const refused = await this.topicControl.delete([...new Set(found)].filter((topic) => topic !== undefined))
      return refused ?? found.map((topic) => topic !== undefined)
    })
  }

  async deleteTopic({ topicId }: Pick<Topic, 'topicId'>): Promise<Refusal | undefined> {
    const deleted = await this.deleteTopics([topicId])
    return isRefusal(deleted) ? deleted : undefined
  }

  /** Looks at settings and changes them in one turn: `change` has the queue for itself until it resolves. */
  alterConfigs(change: (control: ConfigControl) => Promise<Refusal | undefined>): Promise<Refusal | undefined> {
    return this.inTurn(() => change(this.configControl))
  }

  /** What the journal comes to; whoever holds it sees changes. */
  get image(): MetadataImage {
    return this.log.image
  }

  /** Looks at what the journal comes to and appends to it in one turn. `work` may reject with StorageError. */
  change<T>(work: (log: MetadataLog) => Promise<T>): Promise<T | Refusal> {
    return this.inTurn(() => work(this.log))
  }

  /** What is set for this group. */
  groupConfigs(groupId: string): TopicConfigs {
    return this.log.image.groupConfigs.get(groupId) ?? {}
  }

  /** Groups that have settings of their own. */
  configuredGroups(): Iterable<string> {
    return this.log.image.groupConfigs.keys()
  }

  get scramUsers(): ScramUsers {
    return this.log.image.scramUsers
  }

  scramCredential(user: string, mechanism: ScramName): ScramCredential | undefined {
    return this.log.image.scramUsers.get(user)?.[scramIdOf(mechanism)]
  }

  /** Looks at what users log in with and changes it in one turn; resolves to what was refused, by user. */
  alterScramUsers(decide: (users: ScramUsers) => ScramDecision): Promise<ScramDecision['refusals'] | Refusal> {
    return this.inTurn(async () => {
      const { scramUsers } = this
      const { changes, refusals } = decide(scramUsers)
      const type = 'UserScramCredentialSet'
      const before = changes.map(({ user, mechanism }) => {
        return { type, user, mechanism, credential: scramUsers.get(user)?.[mechanism] ?? null } as const
      })
      if (changes.length > 0)
        await this.log.append(
          changes.map((change) => ({ type, ...change })),
          before,
        )
      return refusals
    })
  }

  /** Ids below it may have been given out by an earlier life. */
  get nextProducerId(): number {
    return this.log.image.nextProducerId
  }

  /** Not to be called again before it has resolved. Rejects with StorageError. */
  reserveProducerIds(next: number): Promise<void> {
    return this.queue.run(() => this.log.append([{ type: 'ProducerIdsReserved', next }]))
  }

  /** Resolves when nothing is under way any more, neither an operation nor the removal of what was deleted. */
  async settled(): Promise<void> {
    await this.queue.idle()
    await this.removals.idle()
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T | Refusal> {
    if (this.queue.isFull) return BUSY
    return this.queue.run(() => work().catch(storageRefusal))
  }

  /** For work that needs these names to be nobody's, or those of topics that are there. */
  private async whenFree<T>(names: readonly string[], work: () => Promise<T>): Promise<T | Refusal> {
    for (;;) {
      try {
        await Promise.all(names.map((name) => this.removals.free(name)))
      } catch (error) {
        return storageRefusal(error)
      }
      // Another operation may have come first, and then there is more to wait for.
      const outcome = await this.inTurn(async () => {
        const areFree = names.every((name) => this.removals.isFree(name))
        return areFree ? { value: await work() } : NOT_FREE
      })
      if (outcome !== NOT_FREE) return isRefusal(outcome) ? outcome : (outcome as { readonly value: T }).value
    }
  }
}

const NOT_FREE = Symbol('not free')
const BUSY = refusal(ErrorCode.REQUEST_TIMED_OUT, `${MAX_WAITING} changes are waiting for the controller already.`)
