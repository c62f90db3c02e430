import { Compression } from '#libs/kafka-protocol'
import type { LogConfig } from '../log/log-config.ts'
import {
  bool,
  cleanupPolicy,
  type Definition,
  double,
  gzipLevel,
  int,
  list,
  long,
  oneOf,
  type SettingKind,
  SettingProblem,
  textOf,
} from './setting-types.ts'
import type { SettingName, Settings } from './settings.ts'

interface TopicSetting {
  readonly kind: SettingKind
  /** The broker's settings that give the default, strongest first; they are reported as synonyms. */
  readonly synonyms: readonly SettingName[]
  readonly fallback: (settings: Settings) => string
  readonly parse: (text: string) => unknown
}

function inherits(definition: Definition<unknown>, synonym: SettingName, fallback?: string): TopicSetting {
  const { kind, parse } = definition
  return { kind, parse, synonyms: [synonym], fallback: (settings) => textOf(settings[synonym] ?? fallback!) }
}

function derived(
  definition: Definition<unknown>,
  fallback: (settings: Settings) => number,
  ...synonyms: SettingName[]
): TopicSetting {
  const { kind, parse } = definition
  return { kind, parse, synonyms, fallback: (settings) => textOf(fallback(settings)) }
}

/** Not the broker's to give a default for. */
function own(definition: Definition<number | boolean | string>): TopicSetting {
  const { kind, parse, fallback } = definition
  return { kind, parse, synonyms: [], fallback: () => textOf(fallback) }
}

/** Anything but false would promise what is not there. */
const neverTrue: Definition<boolean> = {
  ...bool(false),
  parse: (text) => (text.trim().toLowerCase() === 'false' ? false : new SettingProblem('there is no tiered storage')),
}

const HOUR_MS = 3_600_000
const hours = (count: number): number => (count < 0 ? -1 : count * HOUR_MS)

function retentionMs(settings: Settings): number {
  const ms = settings['log.retention.ms']
  if (ms !== null) return ms
  const minutes = settings['log.retention.minutes']
  if (minutes !== null) return minutes < 0 ? -1 : minutes * 60_000
  return hours(settings['log.retention.hours'])
}
const segmentMs = (settings: Settings): number => settings['log.roll.ms'] ?? hours(settings['log.roll.hours'])
const jitterMs = (settings: Settings): number =>
  settings['log.roll.jitter.ms'] ?? hours(settings['log.roll.jitter.hours'])

/** The settings a topic may have of its own. Those that concern replicas or tiers are kept and reported, and do nothing here. */
const definitions: Readonly<Record<string, TopicSetting>> = {
  'cleanup.policy': inherits(cleanupPolicy(''), 'log.cleanup.policy'),
  'compression.gzip.level': inherits(gzipLevel, 'compression.gzip.level'),
  'compression.lz4.level': inherits(int(0, 1, 17), 'compression.lz4.level'),
  'compression.type': inherits(oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'), 'compression.type'),
  'compression.zstd.level': inherits(int(0, -131_072, 22), 'compression.zstd.level'),
  'delete.retention.ms': inherits(long(0), 'log.cleaner.delete.retention.ms'),
  'errors.deadletterqueue.group.enable': own(bool(false)),
  'file.delete.delay.ms': inherits(long(0), 'log.segment.delete.delay.ms'),
  'flush.messages': inherits(long(0, 1), 'log.flush.interval.messages'),
  'flush.ms': inherits(long(0), 'log.flush.interval.ms', textOf(Number.MAX_SAFE_INTEGER)),
  'follower.replication.throttled.replicas': own(list('')),
  'index.interval.bytes': inherits(int(0), 'log.index.interval.bytes'),
  'leader.replication.throttled.replicas': own(list('')),
  'local.retention.bytes': own(long(-2, -2)),
  'local.retention.ms': own(long(-2, -2)),
  'max.compaction.lag.ms': inherits(long(0, 1), 'log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': inherits(int(0), 'message.max.bytes'),
  'message.timestamp.after.max.ms': inherits(long(0), 'log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': inherits(long(0), 'log.message.timestamp.before.max.ms'),
  'message.timestamp.type': inherits(oneOf('CreateTime', 'LogAppendTime'), 'log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': inherits(double(0, 0, 1), 'log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': inherits(long(0), 'log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': inherits(int(1, 1), 'min.insync.replicas'),
  preallocate: inherits(bool(false), 'log.preallocate'),
  'remote.log.copy.disable': own(bool(false)),
  'remote.log.delete.on.disable': own(bool(false)),
  'remote.storage.enable': own(neverTrue),
  'retention.bytes': inherits(long(-1, -1), 'log.retention.bytes'),
  'retention.ms': derived(long(0, -1), retentionMs, 'log.retention.ms', 'log.retention.minutes', 'log.retention.hours'),
  'segment.bytes': inherits(int(0, 14), 'log.segment.bytes'),
  'segment.index.bytes': inherits(int(0, 4), 'log.index.size.max.bytes'),
  'segment.jitter.ms': derived(long(0), jitterMs, 'log.roll.jitter.ms', 'log.roll.jitter.hours'),
  'segment.ms': derived(long(0, 1), segmentMs, 'log.roll.ms', 'log.roll.hours'),
  'unclean.leader.election.enable': inherits(bool(false), 'unclean.leader.election.enable'),
}

export type TopicConfigs = Readonly<Record<string, string>>

export const topicConfigNames: readonly string[] = Object.keys(definitions)

/** Undefined for a setting that topics do not have. */
export const topicConfigKind = (name: string): SettingKind | undefined => definitions[name]?.kind

/** The broker's settings that a topic's setting follows, strongest first. */
export const topicConfigSynonyms = (name: string): readonly SettingName[] => definitions[name]!.synonyms

/** What a topic has where it says nothing. */
export const topicConfigDefault = (name: string, settings: Settings): string => definitions[name]!.fallback(settings)

/** What is wrong with this setting of a topic, or undefined. */
export function topicConfigProblem(name: string, value: string): string | undefined {
  const definition = definitions[name]
  if (definition === undefined) return `Unknown topic config name: ${name}`
  const parsed = definition.parse(value)
  return parsed instanceof SettingProblem
    ? `Invalid value ${value} for configuration ${name}: ${parsed.reason}`
    : undefined
}

/** Whether groups may write what they give up to a topic with these settings. */
export const takesDeadLetters = (configs: TopicConfigs): boolean => {
  const name = 'errors.deadletterqueue.group.enable'
  return configs[name] !== undefined && definitions[name]!.parse(configs[name]) === true
}

const codecs: Readonly<Record<string, number>> = { ...Compression, uncompressed: Compression.none }

/** The settings that a topic's logs obey; `configs` must be free of problems. */
export function logConfigOf(configs: TopicConfigs, settings: Settings): LogConfig {
  const value = (name: string): string => configs[name] ?? topicConfigDefault(name, settings)
  const number = (name: string): number => definitions[name]!.parse(value(name)) as number
  const policies = value('cleanup.policy').split(',')
  const compression = value('compression.type')
  return {
    segmentBytes: number('segment.bytes'),
    // So that a record does not wait in the active segment for longer than it may wait to be compacted.
    segmentMs: policies.includes('compact')
      ? Math.min(number('segment.ms'), number('max.compaction.lag.ms'))
      : number('segment.ms'),
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: value('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    indexIntervalBytes: number('index.interval.bytes'),
    flushMessages: number('flush.messages'),
    producerIdExpirationMs: settings['producer.id.expiration.ms'],
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxCompactionLagMs: number('max.compaction.lag.ms'),
    compression: compression === 'producer' ? undefined : codecs[compression],
    compressionLevel:
      compression === 'gzip' || compression === 'zstd' ? number(`compression.${compression}.level`) : undefined,
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
  }
}
