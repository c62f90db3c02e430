import type { LiveSettings, SettingScope } from '../config/live-settings.ts'
import type { SettingTexts } from '../config/settings.ts'
import { logConfigOf, type TopicConfigs } from '../config/topic-config.ts'
import type { MetadataLog } from './metadata-log.ts'
import type { Topic, Topics } from './topics.ts'

export interface ConfigControlParts {
  readonly log: MetadataLog
  readonly topics: Topics
  readonly settings: LiveSettings
}

/**
 * Changes settings of topics and of the broker. One operation at a time, so that each begins with what the one before
 * it has left; reject with StorageError, and then nothing is changed.
 */
export class ConfigControl {
  constructor(private readonly parts: ConfigControlParts) {}

  /** Replaces what is set for the topic as it is now; `configs` must be free of problems. */
  async configureTopic(topic: Topic, configs: TopicConfigs): Promise<void> {
    const { log, topics } = this.parts
    const record = { type: 'TopicConfigured', topicId: topic.topicId } as const
    await log.append([{ ...record, configs }], [{ ...record, configs: topic.configs }])
    const configured = { ...topic, configs }
    this.applyTo(configured)
    topics.put(configured)
    void topics.notify({ type: 'TopicConfigured', topic: configured })
  }

  /** Replaces what was set for this scope while running; topics follow where they say nothing themselves. */
  async configureBroker(scope: SettingScope, configs: SettingTexts): Promise<void> {
    const { log, topics, settings } = this.parts
    const record = { type: 'BrokerConfigured', scope } as const
    await log.append([{ ...record, configs }], [{ ...record, configs: settings.changesOf(scope) }])
    settings.change(scope, configs)
    for (const topic of topics.all()) this.applyTo(topic)
  }

  /** Replaces what is set for the group, whether there is one of that name or not; `configs` must be free of problems. */
  async configureGroup(groupId: string, configs: TopicConfigs): Promise<void> {
    const { log } = this.parts
    const record = { type: 'GroupConfigured', groupId } as const
    await log.append([{ ...record, configs }], [{ ...record, configs: log.image.groupConfigs.get(groupId) ?? {} }])
  }

  private applyTo({ configs, logs }: Topic): void {
    const config = logConfigOf(configs, this.parts.settings.values)
    for (const log of logs) log.config = config
  }
}
