import { ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from './broker.ts'
import { StorageError } from './log/log-error.ts'
import { type TopicConfigs, topicConfigProblem } from './topic-config.ts'
import type { Refusal, Topic } from './topics.ts'

/** What a configuration request may speak of. */
export const ResourceType = { topic: 2, broker: 4, brokerLogger: 8, group: 32 } as const

export interface ConfigResource {
  readonly resourceType: number
  readonly resourceName: string
}

/** Changes a topic's settings to what `change` makes of them; returns why not, or undefined. */
export async function alterTopicConfigs(
  broker: Broker,
  resource: ConfigResource,
  validateOnly: boolean,
  change: (topic: Topic) => TopicConfigs | Refusal,
): Promise<Refusal | undefined> {
  if (resource.resourceType !== ResourceType.topic) {
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'only topics can be changed while the broker runs' }
  }
  const topic = broker.topics.find(resource.resourceName)
  if (topic === undefined) {
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `Unknown topic ${resource.resourceName}` }
  }
  const changed = change(topic)
  if (typeof changed.errorCode === 'number') return changed as Refusal
  const configs = changed as TopicConfigs
  for (const [name, value] of Object.entries(configs)) {
    const problem = topicConfigProblem(name, value)
    if (problem !== undefined) return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage: problem }
  }
  try {
    if (!validateOnly) await broker.topics.configure(topic, configs)
    return undefined
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return { errorCode: error.errorCode, errorMessage: error.message }
  }
}
