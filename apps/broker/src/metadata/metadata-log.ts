import { randomBytes } from 'node:crypto'
import type { SettingScope } from '../config/live-settings.ts'
import type { SettingTexts } from '../config/settings.ts'
import type { TopicConfigs } from '../config/topic-config.ts'

/** What the broker knows besides its logs and groups, as a sequence of facts in the journal `metadata`. */
export type MetadataRecord =
  | { readonly type: 'ClusterCreated'; readonly clusterId: string }
  | {
      readonly type: 'TopicCreated'
      readonly name: string
      /** Random; a topic created again under its old name has another, so clients drop what they knew of it. */
      readonly topicId: string
      readonly partitions: number
      readonly configs: TopicConfigs
    }
  | { readonly type: 'PartitionsAdded'; readonly topicId: string; readonly partitions: number }
  | { readonly type: 'TopicConfigured'; readonly topicId: string; readonly configs: TopicConfigs }
  /** Everything that is set for this scope, not only what has changed. */
  | { readonly type: 'BrokerConfigured'; readonly scope: SettingScope; readonly configs: SettingTexts }
  | { readonly type: 'TopicDeleted'; readonly topicId: string }
  /** Ids below `next` may have been handed out. */
  | { readonly type: 'ProducerIdsReserved'; readonly next: number }

export interface TopicRecord {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
  readonly configs: TopicConfigs
}

export interface MetadataImage {
  readonly clusterId: string | undefined
  /** By topic id. */
  readonly topics: ReadonlyMap<string, TopicRecord>
  readonly nextProducerId: number
  /** The broker's settings that were changed while it ran. */
  readonly brokerConfigs: Readonly<Record<SettingScope, SettingTexts>>
}

export const emptyMetadata: MetadataImage = {
  clusterId: undefined,
  topics: new Map(),
  nextProducerId: 0,
  brokerConfigs: { broker: {}, cluster: {} },
}

export function evolveMetadata(image: MetadataImage, record: MetadataRecord): MetadataImage {
  switch (record.type) {
    case 'ClusterCreated':
      return { ...image, clusterId: record.clusterId }
    case 'TopicCreated': {
      const { name, topicId, partitions, configs } = record
      return withTopic(image, { name, topicId, partitions, configs })
    }
    case 'PartitionsAdded':
      return changeTopic(image, record.topicId, { partitions: record.partitions })
    case 'TopicConfigured':
      return changeTopic(image, record.topicId, { configs: record.configs })
    case 'BrokerConfigured':
      return { ...image, brokerConfigs: { ...image.brokerConfigs, [record.scope]: record.configs } }
    case 'TopicDeleted': {
      const topics = new Map(image.topics)
      topics.delete(record.topicId)
      return { ...image, topics }
    }
    case 'ProducerIdsReserved':
      return { ...image, nextProducerId: record.next }
  }
}

function changeTopic(image: MetadataImage, topicId: string, change: Partial<TopicRecord>): MetadataImage {
  const topic = image.topics.get(topicId)
  return topic === undefined ? image : withTopic(image, { ...topic, ...change })
}

function withTopic(image: MetadataImage, topic: TopicRecord): MetadataImage {
  return { ...image, topics: new Map(image.topics).set(topic.topicId, topic) }
}

/** The shortest sequence of records that gives this image. */
export function* snapshotOfMetadata(image: MetadataImage): Generator<MetadataRecord> {
  if (image.clusterId !== undefined) yield { type: 'ClusterCreated', clusterId: image.clusterId }
  if (image.nextProducerId > 0) yield { type: 'ProducerIdsReserved', next: image.nextProducerId }
  for (const scope of ['broker', 'cluster'] as const) {
    const configs = image.brokerConfigs[scope]
    if (Object.keys(configs).length > 0) yield { type: 'BrokerConfigured', scope, configs }
  }
  for (const topic of image.topics.values()) yield { type: 'TopicCreated', ...topic }
}

/** A version 4 UUID as 32 hexadecimal digits, the form topic ids have in this broker. */
export function newTopicId(): string {
  const bytes = randomBytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex')
}

/** 22 characters like Kafka's own. */
export const newClusterId = (): string => randomBytes(16).toString('base64url')
