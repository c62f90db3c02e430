import { bool, type Definition, int, oneOf, SettingProblem, text, textOf } from '../config/setting-types.ts'
import type { SettingName, Settings } from '../config/settings.ts'

/** Where a group begins in a partition that it has not read. */
export type AutoOffsetReset = 'latest' | 'earliest' | { readonly byDurationMs: number }

/** What a share group obeys. */
export interface ShareGroupConfig {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly recordLockDurationMs: number
  readonly deliveryCountLimit: number
  readonly maxRecordLocks: number
  readonly autoOffsetReset: AutoOffsetReset
  readonly isReadCommitted: boolean
  readonly mayRenew: boolean
  /** Where what is given up goes; empty where it goes nowhere. */
  readonly deadLetterTopic: string
  /** Dead letters have the record's key and value, and not only where it was. */
  readonly copiesDeadLetters: boolean
}

export type GroupConfigs = Readonly<Record<string, string>>

interface GroupSetting {
  readonly definition: Definition<number | string | boolean>
  /** The broker's settings: the default, and the bounds within which a group may have another. */
  readonly inherited?: { readonly fallback: SettingName; readonly min: SettingName; readonly max: SettingName }
  readonly documentation: string
}

function bounded(fallback: SettingName, lowest: number, documentation: string): GroupSetting {
  const [kind] = /^group\.\w+\./.exec(fallback)!
  const name = fallback.slice(kind.length)
  const min = `${kind}min.${name}` as SettingName
  const max = `${kind}max.${name}` as SettingName
  return { definition: int(0, lowest), inherited: { fallback, min, max }, documentation }
}

const autoOffsetReset: Definition<string> = {
  ...text('latest'),
  parse: (value) =>
    parseReset(value) === undefined
      ? new SettingProblem('Expected latest, earliest or by_duration:PnDTnHnMn.nS with a duration that is not negative')
      : value,
}

const deadLetterTopic: Definition<string> = {
  ...text(''),
  parse: (value) => (value.startsWith('__') ? new SettingProblem("DLQ topic name must not start with '__'") : value),
}

const settings: Readonly<Record<string, GroupSetting>> = {
  'consumer.assignment.interval.ms': bounded(
    'group.consumer.assignment.interval.ms',
    0,
    'How long the group waits between two assignments.',
  ),
  'consumer.heartbeat.interval.ms': bounded(
    'group.consumer.heartbeat.interval.ms',
    1,
    'How often members say that they are there.',
  ),
  'consumer.session.timeout.ms': bounded(
    'group.consumer.session.timeout.ms',
    1,
    'How long nothing may be heard of a member.',
  ),
  'errors.deadletterqueue.copy.record.enable': {
    definition: bool(false),
    documentation: 'Whether dead letters have key and value of the record, or only say where it was.',
  },
  'errors.deadletterqueue.topic.name': {
    definition: deadLetterTopic,
    documentation: 'The topic for records that are given up; none where it is empty.',
  },
  'share.session.timeout.ms': bounded(
    'group.share.session.timeout.ms',
    1,
    'How long nothing may be heard of a member.',
  ),
  'share.heartbeat.interval.ms': bounded(
    'group.share.heartbeat.interval.ms',
    1,
    'How often members say that they are there.',
  ),
  'share.record.lock.duration.ms': bounded(
    'group.share.record.lock.duration.ms',
    1000,
    'How long a member may hold records before others get them.',
  ),
  'share.delivery.count.limit': bounded(
    'group.share.delivery.count.limit',
    2,
    'How often a record is delivered before it is given up.',
  ),
  'share.partition.max.record.locks': bounded(
    'group.share.partition.max.record.locks',
    100,
    'Records of a partition that may be in flight.',
  ),
  'share.auto.offset.reset': {
    definition: autoOffsetReset,
    documentation: 'Where a group begins in a partition that it has not read.',
  },
  'share.isolation.level': {
    definition: oneOf('read_uncommitted', 'read_committed'),
    documentation: 'Whether records of open and aborted transactions are delivered.',
  },
  'share.renew.acknowledge.enable': {
    definition: bool(true),
    documentation: 'Whether members may renew the locks of the records they hold.',
  },
}

export const groupConfigNames: readonly string[] = Object.keys(settings)

export const groupConfigKind = (name: string) => settings[name]?.definition.kind

export const groupConfigDocumentation = (name: string): string => settings[name]?.documentation ?? ''

/** The broker's setting that a group's setting follows. */
export const groupConfigSynonym = (name: string): SettingName | undefined => settings[name]?.inherited?.fallback

/** What a group has where it says nothing. */
export function groupConfigDefault(name: string, broker: Settings): string {
  const { definition, inherited } = settings[name]!
  return textOf(inherited === undefined ? definition.fallback : broker[inherited.fallback]!)
}

/** What is wrong with this setting of a group, or undefined. */
export function groupConfigProblem(name: string, value: string, broker: Settings): string | undefined {
  const setting = settings[name]
  if (setting === undefined) return `Unknown group config name: ${name}`
  const parsed = setting.definition.parse(value)
  if (parsed instanceof SettingProblem) return `Invalid value ${value} for configuration ${name}: ${parsed.reason}`
  if (setting.inherited === undefined) return undefined
  const { min, max } = setting.inherited
  const [lowest, highest] = [broker[min] as number, broker[max] as number]
  const isWithin = lowest <= (parsed as number) && (parsed as number) <= highest
  return isWithin ? undefined : `${name} must be in the range ${lowest} to ${highest} inclusive.`
}

/** What holds for a group; `configs` must be free of problems. */
export const groupConfigValue = (name: string, configs: GroupConfigs, broker: Settings) =>
  settings[name]!.definition.parse(configs[name] ?? groupConfigDefault(name, broker))

/** The settings that a share group obeys; `configs` must be free of problems. */
export function shareGroupConfig(configs: GroupConfigs, broker: Settings): ShareGroupConfig {
  const value = (name: string) => groupConfigValue(name, configs, broker)
  return {
    sessionTimeoutMs: value('share.session.timeout.ms') as number,
    heartbeatIntervalMs: value('share.heartbeat.interval.ms') as number,
    recordLockDurationMs: value('share.record.lock.duration.ms') as number,
    deliveryCountLimit: value('share.delivery.count.limit') as number,
    maxRecordLocks: value('share.partition.max.record.locks') as number,
    autoOffsetReset: parseReset(value('share.auto.offset.reset') as string)!,
    isReadCommitted: value('share.isolation.level') === 'read_committed',
    mayRenew: value('share.renew.acknowledge.enable') as boolean,
    deadLetterTopic: value('errors.deadletterqueue.topic.name') as string,
    copiesDeadLetters: value('errors.deadletterqueue.copy.record.enable') as boolean,
  }
}

const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i

function parseReset(value: string): AutoOffsetReset | undefined {
  if (value === 'latest' || value === 'earliest') return value
  if (!value.startsWith('by_duration:')) return undefined
  const parts = DURATION.exec(value.slice('by_duration:'.length))?.slice(1)
  if (parts === undefined || parts.every((part) => part === undefined)) return undefined
  const [days, hours, minutes, seconds] = parts.map((part) => Number(part ?? 0)) as [number, number, number, number]
  return { byDurationMs: Math.floor((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000) }
}
