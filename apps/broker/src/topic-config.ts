import type { LogConfig } from './log/log-config.ts'
import type { Settings } from './settings.ts'
import {
  bool,
  cleanupPolicy,
  int,
  long,
  oneOf,
  type SettingKind,
  type SettingName,
  SettingProblem,
} from './settings.ts'

interface TopicSetting {
  readonly kind: SettingKind
  /** The broker's setting that gives the default, under whose name it is reported as a synonym. */
  readonly synonym?: SettingName
  readonly fallback: (settings: Settings) => string
  readonly parse: (text: string) => unknown
}

const inherits = (definition: { kind: SettingKind; parse: (text: string) => unknown }, synonym: SettingName) => ({
  kind: definition.kind,
  synonym,
  fallback: (settings: Settings) => String(settings[synonym]),
  parse: definition.parse,
})
const fixed = <T>(definition: { kind: SettingKind; fallback: T; parse: (text: string) => unknown }) => ({
  kind: definition.kind,
  fallback: () => String(definition.fallback),
  parse: definition.parse,
})

const retentionMs = (settings: Settings): number => {
  if (settings['log.retention.ms'] !== -1) return settings['log.retention.ms']
  if (settings['log.retention.minutes'] !== -1) return settings['log.retention.minutes'] * 60_000
  return settings['log.retention.hours'] === -1 ? -1 : settings['log.retention.hours'] * 3_600_000
}
const segmentMs = (settings: Settings): number =>
  settings['log.roll.ms'] === -1 ? settings['log.roll.hours'] * 3_600_000 : settings['log.roll.ms']

/** The settings a topic may have of its own. Those that concern replicas are kept and reported, and do nothing here. */
const definitions: Readonly<Record<string, TopicSetting>> = {
  'cleanup.policy': inherits(cleanupPolicy('delete'), 'log.cleanup.policy'),
  'compression.type': fixed(oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd')),
  'delete.retention.ms': fixed(long(86_400_000)),
  'file.delete.delay.ms': fixed(long(60_000)),
  'flush.messages': fixed(long(Number.MAX_SAFE_INTEGER, 1)),
  'flush.ms': fixed(long(Number.MAX_SAFE_INTEGER)),
  'index.interval.bytes': inherits(int(4096), 'log.index.interval.bytes'),
  'max.compaction.lag.ms': fixed(long(Number.MAX_SAFE_INTEGER, 1)),
  'max.message.bytes': inherits(int(0), 'message.max.bytes'),
  'message.timestamp.after.max.ms': inherits(long(0), 'log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': inherits(long(0), 'log.message.timestamp.before.max.ms'),
  'message.timestamp.type': inherits(oneOf('CreateTime', 'LogAppendTime'), 'log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': {
    kind: 'string',
    fallback: () => '0.5',
    parse: (text) => (Number(text) >= 0 && Number(text) <= 1 ? text : new SettingProblem('it must be between 0 and 1')),
  },
  'min.compaction.lag.ms': fixed(long(0)),
  'min.insync.replicas': fixed(int(1, 1)),
  preallocate: fixed(bool(false)),
  'retention.bytes': inherits(long(-1, -1), 'log.retention.bytes'),
  'retention.ms': {
    kind: 'long',
    synonym: 'log.retention.ms',
    fallback: (settings) => String(retentionMs(settings)),
    parse: long(0, -1).parse,
  },
  'segment.bytes': inherits(int(0, 14), 'log.segment.bytes'),
  'segment.index.bytes': fixed(int(10_485_760, 4)),
  'segment.jitter.ms': fixed(long(0)),
  'segment.ms': {
    kind: 'long',
    synonym: 'log.roll.ms',
    fallback: (settings) => String(segmentMs(settings)),
    parse: long(0, 1).parse,
  },
  'unclean.leader.election.enable': fixed(bool(false)),
}

export type TopicConfigs = Readonly<Record<string, string>>

export const topicConfigNames: readonly string[] = Object.keys(definitions)

export const topicConfigKind = (name: string): SettingKind => definitions[name]?.kind ?? 'string'

/** The default of a topic setting and the broker's setting it comes from. */
export function topicConfigDefault(name: string, settings: Settings): { value: string; synonym?: SettingName } {
  const definition = definitions[name]!
  const value = definition.fallback(settings)
  return definition.synonym === undefined ? { value } : { value, synonym: definition.synonym }
}

/** What is wrong with this setting of a topic, or undefined. */
export function topicConfigProblem(name: string, value: string | null): string | undefined {
  const definition = definitions[name]
  if (definition === undefined) return `Unknown topic config name: ${name}`
  if (value === null) return `Null value not supported for topic configs: ${name}`
  const parsed = definition.parse(value)
  return parsed instanceof SettingProblem
    ? `Invalid value ${value} for configuration ${name}: ${parsed.reason}`
    : undefined
}

/** The settings that a topic's logs obey; `configs` must be free of problems. */
export function logConfigOf(configs: TopicConfigs, settings: Settings): LogConfig {
  const value = (name: string): string => configs[name] ?? topicConfigDefault(name, settings).value
  const number = (name: string): number => definitions[name]!.parse(value(name)) as number
  const policies = value('cleanup.policy').split(',')
  return {
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
    retentionMs: number('retention.ms'),
    retentionBytes: number('retention.bytes'),
    maxMessageBytes: number('max.message.bytes'),
    messageTimestampType: value('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    messageTimestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    indexIntervalBytes: number('index.interval.bytes'),
    cleanupPolicy: { delete: policies.includes('delete'), compact: policies.includes('compact') },
  }
}
