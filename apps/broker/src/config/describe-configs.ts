import {
  type GroupConfigs,
  groupConfigDefault,
  groupConfigDocumentation,
  groupConfigKind,
  groupConfigNames,
  groupConfigSynonym,
} from '../share/group-config.ts'
import type { LiveSettings, SettingSource } from './live-settings.ts'
import { logLevels } from './log-levels.ts'
import { documentationOf } from './setting-docs.ts'
import type { SettingKind } from './setting-types.ts'
import { definitionOf, definitions, type SettingName } from './settings.ts'
import type { StaticFact } from './static-facts.ts'
import {
  type TopicConfigs,
  topicConfigDefault,
  topicConfigKind,
  topicConfigNames,
  topicConfigSynonyms,
} from './topic-config.ts'

/** Where a value comes from, by the protocol's numbers. */
const TOPIC = 1
const LOGGER = 6
const GROUP = 8
const SOURCES: Record<SettingSource, number> = { broker: 2, cluster: 3, static: 4, default: 5 }
const KINDS: Record<SettingKind, number> = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7, password: 9 }

interface Synonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface DescribedConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly Synonym[]
  readonly configType: number
  readonly documentation: string
}

/** Every setting of a topic: its own, the broker's under which it lies, or Kafka's default. */
export function describeTopicConfigs(configs: TopicConfigs, settings: LiveSettings): DescribedConfig[] {
  return topicConfigNames.map((name) => {
    const inherited = topicConfigSynonyms(name).flatMap((synonym, i) =>
      // Only the first synonym has the same unit, and so a default that can stand for the topic's.
      synonymsOf(synonym, settings).filter(({ source }) => i === 0 || source !== SOURCES.default),
    )
    const own = configs[name]
    const synonyms = own === undefined ? inherited : [{ name, value: own, source: TOPIC }, ...inherited]
    return {
      ...described(name, synonyms, topicConfigKind(name)!),
      value: own ?? topicConfigDefault(name, settings.values),
      readOnly: false,
    }
  })
}

/** Every setting of a group: its own, or the broker's that it follows. */
export function describeGroupConfigs(configs: GroupConfigs, settings: LiveSettings): DescribedConfig[] {
  return groupConfigNames.map((name) => {
    const synonym = groupConfigSynonym(name)
    const own = configs[name]
    const fallback = { name, value: groupConfigDefault(name, settings.values), source: SOURCES.default }
    const inherited = synonym === undefined ? [fallback] : synonymsOf(synonym, settings)
    const synonyms = own === undefined ? inherited : [{ name, value: own, source: GROUP }, ...inherited]
    return {
      ...described(name, synonyms, groupConfigKind(name)!),
      ...{ readOnly: false, documentation: groupConfigDocumentation(name) },
    }
  })
}

/** Every setting of this broker; facts hold before settings of the same name. */
export function describeBrokerConfigs(settings: LiveSettings, facts: readonly StaticFact[]): DescribedConfig[] {
  const isFact = new Set(facts.map(({ name }) => name))
  const names = (Object.keys(definitions) as SettingName[]).filter((name) => !isFact.has(name))
  const configs = names.map((name) => {
    const { kind, dynamic } = definitionOf(name)
    return { ...described(name, synonymsOf(name, settings), kind), readOnly: dynamic !== true }
  })
  return [...configs, ...facts.map(describedFact)]
}

function describedFact({ name, value, kind, documentation }: StaticFact): DescribedConfig {
  const source = SOURCES.static
  return {
    ...{ name, value, readOnly: true, configSource: source, isSensitive: false },
    ...{ synonyms: [{ name, value, source }], configType: KINDS[kind], documentation },
  }
}

/** What was set for all brokers of the cluster while they ran. */
export function describeClusterConfigs(settings: LiveSettings): DescribedConfig[] {
  return Object.entries(settings.changesOf('cluster')).map(([name, value]) => ({
    ...described(name, [{ name, value, source: SOURCES.cluster }], definitionOf(name as SettingName).kind),
    readOnly: false,
  }))
}

/** The level of every logger. */
export function describeLogLevels(): DescribedConfig[] {
  return Object.entries(logLevels()).map(([name, value]) => ({
    ...described(name, [], 'string'),
    ...{ value, readOnly: false, configSource: LOGGER, configType: 0 },
  }))
}

const synonymsOf = (name: SettingName, settings: LiveSettings): Synonym[] =>
  settings.layersOf(name).map(({ source, value }) => ({ name, value, source: SOURCES[source] }))

function described(name: string, synonyms: readonly Synonym[], kind: SettingKind): Omit<DescribedConfig, 'readOnly'> {
  const isSensitive = kind === 'password'
  return {
    name,
    value: isSensitive ? null : (synonyms[0]?.value ?? null),
    configSource: synonyms[0]?.source ?? SOURCES.default,
    isSensitive,
    synonyms: isSensitive ? synonyms.map((synonym) => ({ ...synonym, value: null })) : synonyms,
    configType: KINDS[kind],
    documentation: documentationOf(name),
  }
}
