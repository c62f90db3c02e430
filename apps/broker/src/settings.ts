/**
 * The broker's settings under Kafka's own names with Kafka's own defaults. What is not listed here is refused, so a
 * setting that would have no effect cannot be believed to have one.
 */
export type SettingKind = 'boolean' | 'int' | 'long' | 'string' | 'list'

interface Definition<T> {
  readonly kind: SettingKind
  readonly fallback: T
  /** The value, or a sentence that says what is wrong with the text. */
  readonly parse: (text: string) => T | SettingProblem
}

export class SettingProblem {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

const MAX_INT = 2 ** 31 - 1

function integer(kind: 'int' | 'long', fallback: number, min: number, max: number): Definition<number> {
  return {
    kind,
    fallback,
    parse: (text) => {
      const value = Number(text)
      if (!/^-?\d+$/.test(text.trim())) return new SettingProblem('it must be a whole number')
      if (value < min || value > max) return new SettingProblem(`it must be between ${min} and ${max}`)
      return value
    },
  }
}
export const int = (fallback: number, min = 0, max = MAX_INT) => integer('int', fallback, min, max)
export const long = (fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER) => {
  const definition = integer('long', fallback, min, max)
  // Kafka's "never" is 2^63 - 1, which tools send literally.
  const parse = (text: string) => (text.trim() === '9223372036854775807' ? max : definition.parse(text))
  return { ...definition, parse }
}

export const bool = (fallback: boolean): Definition<boolean> => ({
  kind: 'boolean',
  fallback,
  parse: (text) => {
    const value = text.trim().toLowerCase()
    return value === 'true' ? true : value === 'false' ? false : new SettingProblem('it must be true or false')
  },
})

export const oneOf = <const T extends string>(fallback: T, ...others: T[]): Definition<T> => ({
  kind: 'string',
  fallback,
  parse: (text) => {
    const known = [fallback, ...others].find((value) => value.toLowerCase() === text.trim().toLowerCase())
    return known ?? new SettingProblem(`it must be one of ${[fallback, ...others].join(', ')}`)
  },
})

/** `delete`, `compact` or both. */
export const cleanupPolicy = (fallback: string): Definition<string> => ({
  kind: 'list',
  fallback,
  parse: (text) => {
    const policies = text.split(',').map((policy) => policy.trim())
    const known = policies.every((policy) => policy === 'delete' || policy === 'compact')
    return known ? policies.join(',') : new SettingProblem('it must be delete, compact or both')
  },
})

const UNSET = -1

export const definitions = {
  'node.id': int(1),
  'num.partitions': int(1, 1, 10_000),
  'default.replication.factor': int(1, 1, 32_767),
  'auto.create.topics.enable': bool(true),
  'delete.topic.enable': bool(true),
  'message.max.bytes': int(1_048_588),
  'fetch.max.bytes': int(57_671_680, 1024),
  'socket.request.max.bytes': int(104_857_600, 1),
  'connections.max.idle.ms': long(600_000, -1),
  'max.connections': int(MAX_INT),
  'log.retention.ms': long(UNSET, -1),
  'log.retention.minutes': int(UNSET, -1),
  'log.retention.hours': int(168, -1),
  'log.retention.bytes': long(-1, -1),
  'log.retention.check.interval.ms': long(300_000, 1),
  'log.segment.bytes': int(1024 ** 3, 14),
  'log.roll.ms': long(UNSET, -1),
  'log.roll.hours': int(168, 1),
  'log.index.interval.bytes': int(4096),
  'log.cleanup.policy': cleanupPolicy('delete'),
  'log.message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
  'log.message.timestamp.before.max.ms': long(Number.MAX_SAFE_INTEGER),
  'log.message.timestamp.after.max.ms': long(3_600_000),
  'group.initial.rebalance.delay.ms': int(3000),
  'group.min.session.timeout.ms': int(6000, 1),
  'group.max.session.timeout.ms': int(1_800_000, 1),
  'group.max.size': int(MAX_INT, 1),
  'offset.metadata.max.bytes': int(4096),
  'offsets.retention.minutes': int(10_080, 1),
  'offsets.retention.check.interval.ms': long(600_000, 1),
} as const satisfies Record<string, Definition<string | number | boolean>>

export type SettingName = keyof typeof definitions
export type Settings = {
  readonly [K in SettingName]: (typeof definitions)[K]['fallback'] extends infer T
    ? T extends number
      ? number
      : T extends boolean
        ? boolean
        : string
    : never
}

export const isSetting = (name: string): name is SettingName => Object.hasOwn(definitions, name)

/** Applies `KEY=VALUE` entries to the defaults, or returns one sentence per bad entry. */
export function parseSettings(entries: readonly string[]): Settings | { readonly problems: string[] } {
  const values: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries(definitions)) values[name] = definition.fallback
  const problems: string[] = []
  for (const entry of entries) {
    const equals = entry.indexOf('=')
    const name = equals < 0 ? entry : entry.slice(0, equals)
    if (equals < 0) problems.push(`"${entry}" is not of the form KEY=VALUE`)
    else if (!isSetting(name)) problems.push(`unknown setting "${name}"`)
    else {
      const value = definitions[name].parse(entry.slice(equals + 1))
      if (value instanceof SettingProblem) problems.push(`bad value for "${name}": ${value.reason}`)
      else values[name] = value
    }
  }
  return problems.length > 0 ? { problems } : (Object.freeze(values) as Settings)
}
