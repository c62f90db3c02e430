import { ErrorCode, incrementalAlterConfigs, type RequestOf } from '#libs/kafka-protocol'
import { alterTopicConfigs } from '../config-resource.ts'
import { defineHandler } from '../handler.ts'
import type { Settings } from '../settings.ts'
import { type TopicConfigs, topicConfigDefault, topicConfigKind } from '../topic-config.ts'
import type { Refusal, Topic } from '../topics.ts'

const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

type Change = RequestOf<typeof incrementalAlterConfigs>['resources'][number]['configs'][number]

/**
 * IncrementalAlterConfigs: 0-1
 * - Topics only; the broker's settings are fixed when it starts.
 */
export const handleIncrementalAlterConfigs = defineHandler({
  api: incrementalAlterConfigs,
  advertised: { min: 0, max: 1 },
  async handle(request, { broker }) {
    const responses = []
    for (const { resourceType, resourceName, configs } of request.resources) {
      const resource = { resourceType, resourceName }
      const refusal = await alterTopicConfigs(broker, resource, request.validateOnly, (topic) =>
        applied(topic, configs, broker.settings),
      )
      responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, ...refusal, ...resource })
    }
    return { responses }
  },
})

function applied(topic: Topic, changes: readonly Change[], settings: Settings): TopicConfigs | Refusal {
  const configs: Record<string, string> = { ...topic.configs }
  for (const { name, configOperation, value } of changes) {
    if (configOperation === Operation.delete) {
      delete configs[name]
      continue
    }
    if (value === null) return invalid(`Null value not supported for ${name}`)
    if (configOperation === Operation.set) {
      configs[name] = value
      continue
    }
    const isKnown = configOperation === Operation.append || configOperation === Operation.subtract
    if (!isKnown) return invalid(`Unknown config operation ${configOperation}`)
    if (topicConfigKind(name) !== 'list') return invalid(`Config value append is not allowed for config key: ${name}`)
    const before = configs[name] ?? topicConfigDefault(name, settings).value
    configs[name] = changedList(before, value, configOperation === Operation.append)
  }
  return configs
}

function changedList(list: string, value: string, isAppend: boolean): string {
  const given = value.split(',').filter((entry) => entry !== '')
  const before = list.split(',').filter((entry) => entry !== '' && !given.includes(entry))
  return (isAppend ? [...before, ...given] : before).join(',')
}

const invalid = (errorMessage: string): Refusal => ({ errorCode: ErrorCode.INVALID_CONFIG, errorMessage })
