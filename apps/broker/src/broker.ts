import { createLogger, type Logger } from '#libs/logging'
import { type Clock, every } from './clock.ts'
import type { LiveSettings } from './config/live-settings.ts'
import type { Settings } from './config/settings.ts'
import type { FileSystem } from './disk/file-system.ts'
import { FetchSessionCache } from './fetch/fetch-session-cache.ts'
import { GroupCoordinator } from './groups/coordinator.ts'
import { AllTopics } from './internal-topics/all-topics.ts'
import { InternalTopics } from './internal-topics/internal-topics.ts'
import { isInternalTopic } from './internal-topics/names.ts'
import type { ReadableTopics } from './internal-topics/readable-log.ts'
import { LogManager } from './log/log-manager.ts'
import { Controller } from './metadata/controller.ts'
import { ProducerIds } from './metadata/producer-ids.ts'
import type { Topics } from './metadata/topics.ts'
import { RequestMetrics } from './metrics/request-metrics.ts'
import { Traffic } from './metrics/traffic.ts'
import { ConnectionQuotas } from './network/connection-quotas.ts'
import type { Listener } from './network/listener.ts'
import { MemoryBudget } from './network/memory-budget.ts'
import { ClientQuotas } from './quotas/client-quotas.ts'
import { AuthenticationLog } from './security/authentication/authentication-log.ts'
import { Authorizer, visibleTopics } from './security/authorization/authorizer.ts'
import { ShareCoordinator } from './share/share-coordinator.ts'
import { TransactionCoordinator, type TransactionParts } from './transactions/coordinator.ts'

export interface BrokerOptions {
  readonly settings: LiveSettings
  readonly clock: Clock
  readonly fs: FileSystem
  readonly dataDir: string
}

const LOG_MAINTENANCE_MS = 5000
const TIMED_OUT_CHECK = 'transaction.abort.timed.out.transaction.cleanup.interval.ms'
const UNUSED_TRANSACTIONS_MS = 3_600_000

/** Everything one broker has: the state behind the requests. */
export class Broker {
  /** The settings in force. */
  readonly settings: Settings
  /** Where they come from. */
  readonly configs: LiveSettings
  readonly clock: Clock
  readonly dataDir: string
  readonly log: Logger = createLogger('broker')
  readonly logs: LogManager
  /** The way to change topics, and `configs` while the broker runs. */
  readonly controller: Controller
  readonly topics: Topics
  /** The internal ones as well, for requests that only read. */
  readonly readable: ReadableTopics
  readonly groups: GroupCoordinator
  readonly share: ShareCoordinator
  /** There is none unless `authorizer.class.name` is set: then everybody may do everything. */
  readonly authorizer: Authorizer | undefined
  readonly producerIds: ProducerIds
  readonly transactions: TransactionCoordinator
  readonly memory = new MemoryBudget(() => memoryLimit(this.settings))
  readonly requests = new RequestMetrics()
  readonly quotas: ClientQuotas
  readonly connections: ConnectionQuotas
  readonly traffic = new Traffic()
  /** Trouble with the disk since the broker started. */
  readonly storage: { readonly errors: number }
  readonly fetchSessions: FetchSessionCache
  /** Who tried to prove who they are. */
  readonly authentications: AuthenticationLog
  /** Where connections are accepted; empty until they are. */
  listeners: readonly Listener[] = []
  private readonly upkeep: (() => void)[]

  private constructor(
    options: BrokerOptions,
    controller: Controller,
    parts: TransactionParts,
    transactions: TransactionCoordinator,
    share: ShareCoordinator,
    storage: Broker['storage'],
    authorizer: Authorizer | undefined,
  ) {
    this.configs = options.settings
    this.settings = options.settings.values
    this.clock = options.clock
    this.dataDir = options.dataDir
    this.authentications = new AuthenticationLog(this.clock, this.log)
    this.fetchSessions = new FetchSessionCache(
      this.settings['max.incremental.fetch.session.cache.slots'],
      this.clock.steady,
    )
    this.storage = storage
    this.logs = parts.logs
    this.controller = controller
    this.topics = controller.topics
    this.topics.subscribe(({ type, topic }) => {
      if (type === 'TopicDeleted') this.traffic.forget(topic.name)
    })
    this.groups = parts.groups
    this.producerIds = parts.producerIds
    this.transactions = transactions
    this.share = share
    this.authorizer = authorizer
    this.quotas = new ClientQuotas(controller.image.quotas, this.settings, this.clock.steady)
    this.connections = new ConnectionQuotas(controller.image.quotas, this.settings, this.clock.steady)
    const internal = { ...parts, transactions, clusterId: this.clusterId, now: this.clock.now }
    this.readable = new AllTopics(new InternalTopics({ ...internal, settings: this.settings }), this.topics)
    const maintenanceMs = Math.min(LOG_MAINTENANCE_MS, this.settings['log.retention.check.interval.ms'])
    this.upkeep = [
      every(maintenanceMs, () => void this.logs.maintain()),
      every(this.settings['log.cleaner.backoff.ms'], () => void this.compactLogs()),
      every(this.settings['offsets.retention.check.interval.ms'], () => void this.groups.expireOffsets()),
      every(this.settings[TIMED_OUT_CHECK], () => void this.transactions.abortTimedOut()),
      every(UNUSED_TRANSACTIONS_MS, () => void this.transactions.forgetUnused()),
    ]
  }

  static async open(options: BrokerOptions): Promise<Broker> {
    const { fs, dataDir, clock, settings } = options
    const log = createLogger('log')
    const storage = { errors: 0 }
    const logs = await LogManager.open({
      fs,
      dataDir,
      now: clock.now,
      cleanerBytes: () => settings.values['log.cleaner.dedupe.buffer.size'],
      report: (level, message, fields) => {
        if (level === 'error') storage.errors++
        log[level](message, fields)
      },
    })
    try {
      const controller = await Controller.open(logs, settings)
      const { topics } = controller
      const groupConfigs = (groupId: string) => controller.groupConfigs(groupId)
      const authorizer = Authorizer.of(controller, settings.values, clock.steady)
      const surroundings = { topics: visibleTopics(topics, authorizer), groupConfigs }
      const groups = await GroupCoordinator.open(logs, settings.values, clock, surroundings)
      // A crash may have come between a topic's deletion and that of the offsets committed for it.
      await groups.forgetTopics((name) => topics.find(name) === undefined && !isInternalTopic(name))
      topics.subscribe(({ type, topic }) =>
        type === 'TopicDeleted' ? groups.forgetTopics((name) => name === topic.name) : undefined,
      )
      topics.subscribe(({ type, topic }) =>
        type === 'TopicConfigured' ? undefined : groups.consumer.topicChanged(topic.name),
      )
      const producerIds = new ProducerIds(controller)
      const parts = { logs, topics, groups, producerIds, settings: settings.values, clock }
      for (const log of logs.partitions()) for (const [producerId] of log.producers()) producerIds.used(producerId)
      const transactions = await TransactionCoordinator.open(parts)
      for (const { producerId } of transactions.all()) producerIds.used(producerId)
      const share = await ShareCoordinator.open({ logs, controller, settings: settings.values, clock })
      return new Broker(options, controller, parts, transactions, share, storage, authorizer)
    } catch (error) {
      // A disk that refuses this as well must not hide why.
      await logs.abandon().catch(() => {})
      throw error
    }
  }

  get clusterId(): string {
    return this.controller.clusterId
  }

  get nodeId(): number {
    return this.settings['node.id']
  }

  private async compactLogs(): Promise<void> {
    if (this.settings['log.cleaner.enable']) await this.logs.compact()
  }

  async close(): Promise<void> {
    for (const end of this.upkeep) end()
    this.groups.close()
    this.transactions.close()
    this.share.close()
    await this.controller.settled()
    await this.logs.close()
  }
}

const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024

/** Kafka has no limit unless one is set, and a heap that can be filled; here there always is one. */
function memoryLimit(settings: Settings): number {
  const limit = settings['queued.max.request.bytes']
  return limit > 0 ? limit : DEFAULT_MEMORY_BYTES
}
