import type { Settings } from '../config/settings.ts'
import type { GroupCoordinator } from '../groups/coordinator.ts'
import { derivedUuid } from '../metadata/derived-uuid.ts'
import type { TransactionCoordinator } from '../transactions/coordinator.ts'
import { ConsumerOffsets } from './consumer-offsets.ts'
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from './names.ts'
import { StateTopic } from './state-topic.ts'
import { TransactionState } from './transaction-state.ts'

interface Parts {
  readonly clusterId: string
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly settings: Settings
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Settings that Kafka gives these topics when it creates them. */
export const internalTopicConfigs: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  'compression.type': 'producer',
  'segment.bytes': '104857600',
}

/** The topics that Kafka keeps groups and transactions in. Here those live in journals, and the topics show them. */
export class InternalTopics {
  private readonly topics: readonly StateTopic[]

  constructor({ clusterId, groups, transactions, settings, now }: Parts) {
    const offsets = { name: CONSUMER_OFFSETS, partitions: settings['offsets.topic.num.partitions'] }
    const state = { name: TRANSACTION_STATE, partitions: settings['transaction.state.log.num.partitions'] }
    this.topics = [
      new StateTopic({
        ...{ ...offsets, now, topicId: derivedUuid(clusterId, offsets.name) },
        source: new ConsumerOffsets(groups, now),
      }),
      new StateTopic({
        ...{ ...state, now, topicId: derivedUuid(clusterId, state.name) },
        source: new TransactionState(transactions, settings, now),
      }),
    ]
  }

  all(): Iterable<StateTopic> {
    return this.topics
  }

  find(name: string): StateTopic | undefined {
    return this.topics.find((topic) => topic.name === name)
  }

  findById(topicId: string): StateTopic | undefined {
    return this.topics.find((topic) => topic.topicId === topicId)
  }
}
