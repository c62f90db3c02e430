import { listenerList, protocolMap } from '../network/endpoint.ts'
import { authenticationSettings } from '../security/authentication/settings.ts'
import { isTokenValidator, listenerSetting, VALIDATOR } from './listener-settings.ts'
import {
  assignorList,
  authorizerClass,
  bool,
  cleanupPolicy,
  type Definition,
  double,
  dynamic,
  gzipLevel,
  int,
  list,
  long,
  oneOf,
  principals,
  SettingProblem,
  text,
  unset,
} from './setting-types.ts'
import { ignoredSetting, refusedSetting } from './settings-without-effect.ts'

const MAX_INT = 2 ** 31 - 1
const NEVER = Number.MAX_SAFE_INTEGER
const DAY_MS = 24 * 3_600_000

/**
 * The broker's settings under Kafka's own names with Kafka's own defaults: those that do something, or that topics
 * inherit. What Kafka knows besides is listed in settings-without-effect.ts, anything else is refused.
 */
export const definitions = {
  'node.id': int(1),
  'broker.rack': unset(text('')),
  listeners: unset(listenerList),
  'advertised.listeners': unset(listenerList),
  'listener.security.protocol.map': protocolMap,
  'controller.listener.names': list(''),

  'authorizer.class.name': authorizerClass,
  'super.users': principals,
  'allow.everyone.if.no.acl.found': bool(false),

  'num.partitions': int(1, 1, 10_000),
  'default.replication.factor': int(1, 1, 32_767),
  'min.insync.replicas': dynamic(int(1, 1)),
  'auto.create.topics.enable': bool(true),
  'delete.topic.enable': bool(true),

  'message.max.bytes': dynamic(int(1_048_588)),
  'fetch.max.bytes': int(57_671_680, 1024),
  'max.incremental.fetch.session.cache.slots': int(1000),
  'max.request.partition.size.limit': int(2000, 1),

  'socket.request.max.bytes': int(104_857_600, 1),
  'queued.max.request.bytes': long(-1, -1),
  'connections.max.idle.ms': long(600_000, -1),
  'max.connections': dynamic(int(MAX_INT)),
  'max.connections.per.ip': dynamic(int(MAX_INT)),
  'max.connection.creation.rate': dynamic(int(MAX_INT)),

  ...authenticationSettings,

  'quota.window.num': int(11, 1),
  'quota.window.size.seconds': int(1, 1),

  'compression.gzip.level': dynamic(gzipLevel),
  'compression.lz4.level': dynamic(int(9, 1, 17)),
  'compression.type': dynamic(oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd')),
  'compression.zstd.level': dynamic(int(3, -131_072, 22)),
  'log.cleaner.backoff.ms': long(15_000, 1),
  'log.cleaner.dedupe.buffer.size': dynamic(long(128 * 1024 * 1024)),
  'log.cleaner.delete.retention.ms': dynamic(long(DAY_MS)),
  'log.cleaner.enable': bool(true),
  'log.cleaner.max.compaction.lag.ms': dynamic(long(NEVER, 1)),
  'log.cleaner.min.cleanable.ratio': dynamic(double(0.5, 0, 1)),
  'log.cleaner.min.compaction.lag.ms': dynamic(long(0)),
  'log.cleanup.policy': dynamic(cleanupPolicy('delete')),
  'log.flush.interval.messages': dynamic(long(NEVER, 1)),
  'log.flush.interval.ms': dynamic(unset(long(0))),
  'log.index.interval.bytes': dynamic(int(4096)),
  'log.index.size.max.bytes': dynamic(int(10_485_760, 4)),
  'log.message.timestamp.after.max.ms': dynamic(long(3_600_000)),
  'log.message.timestamp.before.max.ms': dynamic(long(NEVER)),
  'log.message.timestamp.type': dynamic(oneOf('CreateTime', 'LogAppendTime')),
  'log.preallocate': dynamic(bool(false)),
  'log.retention.bytes': dynamic(long(-1, -1)),
  'log.retention.check.interval.ms': long(300_000, 1),
  'log.retention.hours': int(168, -1),
  'log.retention.minutes': unset(int(0, -1)),
  'log.retention.ms': dynamic(unset(long(0, -1))),
  'log.roll.hours': int(168, 1),
  'log.roll.jitter.hours': int(0),
  'log.roll.jitter.ms': dynamic(unset(long(0))),
  'log.roll.ms': dynamic(unset(long(0, 1))),
  'log.segment.bytes': dynamic(int(1024 ** 3, 14)),
  'log.segment.delete.delay.ms': dynamic(long(60_000)),
  'unclean.leader.election.enable': dynamic(bool(false)),

  'errors.deadletterqueue.auto.create.topics.enable': dynamic(bool(false)),
  'errors.deadletterqueue.topic.name.prefix': dynamic(text('dlq.')),

  'group.consumer.assignment.interval.ms': int(1000),
  'group.consumer.assignors': assignorList,
  'group.consumer.heartbeat.interval.ms': int(5000, 1),
  'group.consumer.max.assignment.interval.ms': int(15_000),
  'group.consumer.max.heartbeat.interval.ms': int(15_000, 1),
  'group.consumer.max.session.timeout.ms': int(60_000, 1),
  'group.consumer.max.size': int(MAX_INT, 1),
  'group.consumer.migration.policy': oneOf('bidirectional', 'upgrade', 'downgrade', 'disabled'),
  'group.consumer.min.assignment.interval.ms': int(0),
  'group.consumer.min.heartbeat.interval.ms': int(5000, 1),
  'group.consumer.min.session.timeout.ms': int(45_000, 1),
  'group.consumer.session.timeout.ms': int(45_000, 1),
  'group.initial.rebalance.delay.ms': int(3000),
  'group.max.session.timeout.ms': int(1_800_000, 1),
  'group.max.size': int(MAX_INT, 1),
  'group.min.session.timeout.ms': int(6000, 1),
  'group.share.delivery.count.limit': int(5, 2, 10),
  'group.share.heartbeat.interval.ms': int(5000, 1),
  'group.share.max.delivery.count.limit': int(10, 5, 25),
  'group.share.max.heartbeat.interval.ms': int(15_000, 1),
  'group.share.max.partition.max.record.locks': int(4000, 2000, 10_000),
  'group.share.max.record.lock.duration.ms': int(60_000, 30_000, 3_600_000),
  'group.share.max.session.timeout.ms': int(60_000, 1),
  'group.share.max.share.sessions': int(2000, 1),
  'group.share.max.size': int(200, 1, 1000),
  'group.share.min.delivery.count.limit': int(2, 2, 5),
  'group.share.min.heartbeat.interval.ms': int(5000, 1),
  'group.share.min.partition.max.record.locks': int(100, 100, 2000),
  'group.share.min.record.lock.duration.ms': int(15_000, 1000, 30_000),
  'group.share.min.session.timeout.ms': int(45_000, 1),
  'group.share.partition.max.record.locks': int(2000, 100, 10_000),
  'group.share.record.lock.duration.ms': int(30_000, 1000, 3_600_000),
  'group.share.session.timeout.ms': int(45_000, 1),
  'offset.metadata.max.bytes': int(4096),
  'offsets.topic.num.partitions': int(50, 1, 10_000),
  'offsets.retention.check.interval.ms': long(600_000, 1),
  'offsets.retention.minutes': int(10_080, 1),

  'producer.id.expiration.ms': dynamic(int(DAY_MS, 1)),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(10_000, 1),
  'transaction.max.timeout.ms': int(900_000, 1),
  'transaction.state.log.num.partitions': int(50, 1, 10_000),
  'transactional.id.expiration.ms': int(7 * DAY_MS, 1),
} as const satisfies Record<string, Definition<string | number | boolean | null>>

export type SettingName = keyof typeof definitions
type Widened<T> = T extends number ? number : T extends boolean ? boolean : T extends string ? string : T
export type Settings = { readonly [K in SettingName]: Widened<(typeof definitions)[K]['fallback']> }

export const isSetting = (name: string): name is SettingName => Object.hasOwn(definitions, name)

export const definitionOf = (name: SettingName): Definition<string | number | boolean | null> => definitions[name]

/** Settings as they are written, by name. */
export type SettingTexts = Readonly<Partial<Record<SettingName, string>>>

/** `broker.id` is the name that `node.id` had once. */
const aliases: Readonly<Record<string, SettingName>> = { 'broker.id': 'node.id' }

/** Settings of single listeners as they are written, by the whole name, `listener.name.external.ssl.client.auth`. */
export type ListenerTexts = Readonly<Record<string, string>>

export interface ReadSettings {
  readonly given: SettingTexts
  readonly ofListeners: ListenerTexts
  readonly notes: readonly string[]
}

/**
 * Reads `KEY=VALUE` entries; of two for one key the later holds. Problems are one sentence per bad entry, notes one
 * per entry that is Kafka's and does nothing here. Neither has a value in it that is secret.
 */
export function readSettings(entries: readonly string[]): ReadSettings | { readonly problems: readonly string[] } {
  const given: Partial<Record<SettingName, string>> = {}
  const ofListeners: Record<string, string> = {}
  const problems: string[] = []
  const notes: string[] = []
  for (const entry of entries) {
    const equals = entry.indexOf('=')
    const key = entry.slice(0, Math.max(equals, 0)).trim()
    const value = entry.slice(equals + 1).trim()
    const ofListener = listenerSetting(key)
    const name = ofListener?.name ?? aliases[key] ?? key
    if (equals < 0) {
      problems.push(`"${entry}" is not of the form KEY=VALUE`)
    } else if (ofListener?.name === VALIDATOR) {
      if (isTokenValidator(value)) notes.push(`setting "${key}" has no effect: tokens are always validated`)
      else problems.push(`setting "${key}" is not supported: Java classes cannot be loaded`)
    } else if (isSetting(name) && (ofListener === undefined || ofListener.isAllowed)) {
      const problem = problemWith(name, key, value)
      if (problem !== undefined) problems.push(problem)
      else if (ofListener === undefined) given[name] = value
      else ofListeners[ofListener.key] = value
    } else if (isSetting(name)) {
      problems.push(`setting "${key}" cannot be given for one listener`)
    } else {
      const refusal = refusedSetting(name)
      const note = ignoredSetting(name)
      if (refusal !== undefined) problems.push(`setting "${key}" is not supported: ${refusal}`)
      else if (note !== undefined) notes.push(`setting "${key}" has no effect: ${note}`)
      else problems.push(`unknown setting "${key}"`)
    }
  }
  return problems.length > 0 ? { problems } : { given, ofListeners, notes }
}

function problemWith(name: SettingName, key: string, value: string): string | undefined {
  const { kind, parse } = definitionOf(name)
  const parsed = parse(value)
  if (!(parsed instanceof SettingProblem)) return undefined
  return `bad value for "${key}": ${kind === 'password' ? '' : `"${value}": `}${parsed.reason}`
}
