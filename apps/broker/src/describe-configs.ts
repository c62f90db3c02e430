import { definitions, type SettingKind, type SettingName, type Settings } from './settings.ts'
import { type TopicConfigs, topicConfigDefault, topicConfigKind, topicConfigNames } from './topic-config.ts'

/** Where a value comes from, by the protocol's numbers. */
const Source = { topic: 1, staticBroker: 4, default: 5 } as const

const KINDS: Record<SettingKind, number> = { boolean: 1, string: 2, int: 3, long: 5, list: 7 }

interface Synonym {
  readonly name: string
  readonly value: string
  readonly source: number
}

export interface DescribedConfig {
  readonly name: string
  readonly value: string
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly Synonym[]
  readonly configType: number
  readonly documentation: null
}

/** Every setting of a topic: its own, the broker's under which it lies, or Kafka's default. */
export function describeTopicConfigs(configs: TopicConfigs, settings: Settings): DescribedConfig[] {
  return topicConfigNames.map((name) => {
    const { value, synonym } = topicConfigDefault(name, settings)
    const inherited: Synonym =
      synonym === undefined
        ? { name, value, source: Source.default }
        : { name: synonym, value, source: sourceOf(synonym, settings) }
    const own = configs[name]
    const synonyms = own === undefined ? [inherited] : [{ name, value: own, source: Source.topic }, inherited]
    return described(name, synonyms, false, topicConfigKind(name))
  })
}

/** The broker's settings; they are set when it starts and stay as they are. */
export function describeBrokerConfigs(settings: Settings): DescribedConfig[] {
  return (Object.keys(definitions) as SettingName[]).map((name) => {
    const synonym = { name, value: String(settings[name]), source: sourceOf(name, settings) }
    return described(name, [synonym], true, definitions[name].kind)
  })
}

function sourceOf(name: SettingName, settings: Settings): number {
  return settings[name] === definitions[name].fallback ? Source.default : Source.staticBroker
}

function described(name: string, synonyms: readonly Synonym[], readOnly: boolean, kind: SettingKind): DescribedConfig {
  const { value, source } = synonyms[0]!
  const configType = KINDS[kind]
  return { name, value, readOnly, configSource: source, isSensitive: false, synonyms, configType, documentation: null }
}
