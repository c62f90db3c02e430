import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { Controller } from '../metadata/controller.ts'
import type { TopicEvent } from '../metadata/topics.ts'
import { DeadLetters } from './dead-letters.ts'
import { type ShareGroupConfig, shareGroupConfig } from './group-config.ts'
import { PartitionStarts } from './partition-starts.ts'
import type { ShareRecord, TopicIdPartition } from './records.ts'
import { ShareGroups } from './share-groups.ts'
import { ShareJournal } from './share-journal.ts'
import { ShareMetrics } from './share-metrics.ts'
import { SharePartitions } from './share-partitions.ts'
import { ShareSessions } from './share-sessions.ts'
import { ShareState } from './share-state.ts'
import { firstArchiving } from './window.ts'

export interface ShareCoordinatorParts {
  readonly logs: LogManager
  readonly controller: Controller
  readonly settings: Settings
  readonly clock: Clock
}

/**
 * Share groups (KIP-932): members that read the same partitions together, record by record.
 *
 * Crash story. That a record is acknowledged, and how often it was delivered, is on disk before the member hears of it,
 * so an acknowledged record is never delivered again. Who holds what is nowhere: after a restart it is delivered again. What
 * was given up has its dead letter at least once.
 */
export class ShareCoordinator {
  readonly groups: ShareGroups
  readonly partitions: SharePartitions
  readonly starts: PartitionStarts
  readonly sessions: ShareSessions
  readonly metrics = new ShareMetrics()
  private readonly deadLetters: DeadLetters

  private constructor(
    private readonly parts: ShareCoordinatorParts,
    private readonly state: ShareState,
    journal: ShareJournal,
  ) {
    const { settings, clock, controller } = parts
    const configOf = (groupId: string) => this.configOf(groupId)
    const topicOf = (name: string) => controller.topics.find(name)
    this.groups = new ShareGroups(
      { state, journal, settings, clock, topicOf, configOf },
      (groupId, memberId) => void this.endSession(groupId, memberId),
      (groupId) => this.metrics.forgetGroup(groupId),
    )
    const { metrics } = this
    const partitionParts = {
      ...{ state, clock, metrics, configOf, append: (records: readonly ShareRecord[]) => this.groups.append(records) },
      onGivenUp: (groupId: string, at: TopicIdPartition) => this.deadLetters.look(groupId, at),
    }
    this.partitions = new SharePartitions(partitionParts)
    this.starts = new PartitionStarts(partitionParts)
    this.deadLetters = new DeadLetters({
      ...{ controller, settings, clock, metrics, configOf },
      next: (groupId, at) => {
        const known = state.partition(groupId, at)
        return known && firstArchiving(known)
      },
      archive: (groupId, at, done) => this.partitions.archive(groupId, at, done),
    })
    this.sessions = new ShareSessions(settings['group.share.max.share.sessions'])
  }

  static async open(parts: ShareCoordinatorParts): Promise<ShareCoordinator> {
    const { controller, logs, clock } = parts
    const state = new ShareState((name) => controller.topics.find(name), clock.steady)
    const coordinator = new ShareCoordinator(parts, state, await ShareJournal.open(logs, state))
    coordinator.groups.resume()
    await coordinator.followLogs()
    controller.topics.subscribe((event) => coordinator.onTopic(event))
    coordinator.resumeDeadLetters()
    return coordinator
  }

  /** The settings of a group, whether it exists or not. */
  configOf(groupId: string): ShareGroupConfig {
    return shareGroupConfig(this.parts.controller.groupConfigs(groupId), this.parts.settings)
  }

  /** The member does not read any more: what it holds is there for others. */
  async endSession(groupId: string, memberId: string): Promise<void> {
    this.sessions.remove({ groupId, memberId })
    await this.partitions.release(groupId, memberId)
  }

  close(): void {
    this.groups.close()
    this.partitions.close()
    this.deadLetters.close()
  }

  /** A crash may have come between a topic's deletion and what groups know of it; a power cut takes the end of logs. */
  private async followLogs(): Promise<void> {
    const { topics } = this.parts.controller
    for (const { groupId } of this.groups.all()) {
      const known = [...this.state.partitionsOf(groupId)]
      const gone = known.filter(({ topicId }) => topics.findById(topicId) === undefined)
      await this.partitions.forgetTopics([groupId], [...new Set(gone.map(({ topicId }) => topicId))])
      for (const { topicId, partition } of known) {
        const log = topics.findById(topicId)?.logs[partition]
        if (log !== undefined) await this.partitions.cut(groupId, { topicId, partition }, log.logEndOffset)
      }
    }
  }

  private resumeDeadLetters(): void {
    for (const { groupId } of this.groups.all()) {
      for (const at of this.state.partitionsOf(groupId)) this.deadLetters.look(groupId, at)
    }
  }

  private async onTopic(event: TopicEvent): Promise<void> {
    if (event.type === 'TopicConfigured') return
    await this.groups.topicChanged(event.topic.name)
    if (event.type !== 'TopicDeleted') return
    const groupIds = Array.from(this.groups.all(), ({ groupId }) => groupId)
    this.metrics.forgetTopics([event.topic.topicId])
    await this.partitions.forgetTopics(groupIds, [event.topic.topicId])
  }
}
