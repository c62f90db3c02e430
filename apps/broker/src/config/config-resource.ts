import { ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { internalTopicProblem } from '../internal-topics/names.ts'
import type { ConfigControl } from '../metadata/config-control.ts'
import { isRefusal, noSuchTopic, type Refusal } from '../metadata/refusal.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'
import { groupConfigDefault, groupConfigKind, groupConfigProblem } from '../share/group-config.ts'
import type { SettingScope } from './live-settings.ts'
import { changeLogLevels, logLevelProblem, logLevels } from './log-levels.ts'
import { type SettingKind, SettingProblem } from './setting-types.ts'
import { definitionOf, isSetting } from './settings.ts'
import { topicConfigDefault, topicConfigKind, topicConfigProblem } from './topic-config.ts'

/** What a configuration request may speak of. */
export const ResourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

export type Configs = Readonly<Record<string, string>>

/** Something whose settings can be changed. */
export interface Configurable {
  /** What is set, without what is inherited. */
  readonly configs: Configs
  kindOf(name: string): SettingKind | undefined
  /** What holds where nothing is set. */
  inherited(name: string): string
  /** Why these settings cannot be, or undefined. */
  problem(configs: Configs): Refusal | undefined
  /** Replaces what is set; `configs` must be free of problems. */
  save(configs: Configs): Promise<void> | void
}

/**
 * Changes the resource's settings to what `change` makes of them; returns why not, or undefined. Nobody else changes any
 * settings between the two.
 */
export function alterConfigs(
  broker: Broker,
  resource: ConfigResource,
  validateOnly: boolean,
  change: (resource: Configurable) => Configs | Refusal,
): Promise<Refusal | undefined> {
  return broker.controller.alterConfigs(async (control) => {
    const configurable = configurableOf(broker, control, resource)
    if (isRefusal(configurable)) return configurable
    const changed = change(configurable)
    if (isRefusal(changed)) return changed
    const problem = configurable.problem(changed)
    if (problem !== undefined || validateOnly) return problem
    await configurable.save(changed)
    return undefined
  })
}

function configurableOf(
  broker: Broker,
  control: ConfigControl,
  { resourceType, resourceName }: ConfigResource,
): Configurable | Refusal {
  switch (resourceType) {
    case ResourceType.topic:
      return topicConfigurable(broker, control, resourceName)
    case ResourceType.broker: {
      const scope = resourceName === '' ? 'cluster' : 'broker'
      return otherBroker(broker, resourceName) ?? brokerConfigurable(broker, control, scope)
    }
    case ResourceType.brokerLogger:
      return otherBroker(broker, resourceName) ?? loggerConfigurable()
    case ResourceType.group:
      return groupConfigurable(broker, control, resourceName)
    case ResourceType.clientMetrics:
      return withoutSettings('client metrics')
    default:
      return invalidRequest(`Unknown resource type ${resourceType}`)
  }
}

function topicConfigurable(broker: Broker, control: ConfigControl, name: string): Configurable | Refusal {
  if (name === '') return invalidRequest('Default topic resources are not allowed.')
  const nameProblem = topicNameProblem(name)
  if (nameProblem !== undefined) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: nameProblem }
  const topic = broker.topics.find(name)
  if (topic === undefined) {
    return internalTopicProblem(name) ?? noSuchTopic(name)
  }
  return {
    configs: topic.configs,
    kindOf: topicConfigKind,
    inherited: (key) => topicConfigDefault(key, broker.settings),
    problem: (configs) => firstProblem(configs, topicConfigProblem, ErrorCode.INVALID_CONFIG),
    save: (configs) => control.configureTopic(topic, configs),
  }
}

/** Why the named broker is not this one; the empty name stands for all brokers. */
export function otherBroker(broker: Broker, name: string): Refusal | undefined {
  if (name === '' || name === String(broker.nodeId)) return undefined
  return /^-?\d+$/.test(name)
    ? invalidRequest(`Unexpected broker id, expected ${broker.nodeId}, but received ${name}`)
    : invalidRequest(`Node id must be an integer, but it is: ${name}`)
}

function brokerConfigurable(broker: Broker, control: ConfigControl, scope: SettingScope): Configurable {
  const { configs } = broker
  return {
    configs: configs.changesOf(scope),
    kindOf: (name) => (isSetting(name) ? definitionOf(name).kind : undefined),
    inherited: (name) => (isSetting(name) ? (configs.layersOf(name)[0]?.value ?? '') : ''),
    problem: (wanted) => firstProblem(wanted, settingProblem, ErrorCode.INVALID_REQUEST),
    save: (wanted) => control.configureBroker(scope, wanted),
  }
}

function settingProblem(name: string, value: string): string | undefined {
  if (!isSetting(name)) return `Unknown broker config name: ${name}`
  const { dynamic, parse } = definitionOf(name)
  if (dynamic !== true) return `Cannot update these configs dynamically: [${name}]`
  const parsed = parse(value)
  return parsed instanceof SettingProblem
    ? `Invalid value ${value} for configuration ${name}: ${parsed.reason}`
    : undefined
}

const loggerConfigurable = (): Configurable => ({
  configs: logLevels(),
  kindOf: () => 'string',
  inherited: () => '',
  problem: (configs) => firstProblem(configs, logLevelProblem, ErrorCode.INVALID_CONFIG),
  save: changeLogLevels,
})

/** A group need not exist to have settings. */
function groupConfigurable(broker: Broker, control: ConfigControl, groupId: string): Configurable | Refusal {
  if (groupId === '') return invalidRequest('Default group resources are not allowed.')
  return {
    configs: broker.controller.groupConfigs(groupId),
    kindOf: groupConfigKind,
    inherited: (name) => groupConfigDefault(name, broker.settings),
    problem: (configs) => {
      const problemOf = (name: string, value: string) => groupConfigProblem(name, value, broker.settings)
      return firstProblem(configs, problemOf, ErrorCode.INVALID_CONFIG)
    },
    save: (configs) => control.configureGroup(groupId, configs),
  }
}

/** Clients send no metrics. */
const withoutSettings = (what: string): Configurable => ({
  configs: {},
  kindOf: () => undefined,
  inherited: () => '',
  problem: (configs) =>
    firstProblem(configs, (name) => `Unknown ${what} config name: ${name}`, ErrorCode.INVALID_CONFIG),
  save: () => {},
})

function firstProblem(
  configs: Configs,
  problemOf: (name: string, value: string) => string | undefined,
  errorCode: ErrorCode,
): Refusal | undefined {
  for (const [name, value] of Object.entries(configs)) {
    const errorMessage = problemOf(name, value)
    if (errorMessage !== undefined) return { errorCode, errorMessage }
  }
  return undefined
}

export const invalidRequest = (errorMessage: string): Refusal => ({
  errorCode: ErrorCode.INVALID_REQUEST,
  errorMessage,
})
