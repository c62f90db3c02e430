import { describeConfigs, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { ResourceType } from '../config-resource.ts'
import { type DescribedConfig, describeBrokerConfigs, describeTopicConfigs } from '../describe-configs.ts'
import { defineHandler } from '../handler.ts'

type Resource = RequestOf<typeof describeConfigs>['resources'][number]

/**
 * DescribeConfigs: 1-4
 * - Topics and this broker; there is no documentation text.
 */
export const handleDescribeConfigs = defineHandler({
  api: describeConfigs,
  advertised: { min: 1, max: 4 },
  handle: (request, { broker }) => ({
    results: request.resources.map((resource) => describe(broker, resource, request.includeSynonyms)),
  }),
})

function describe(broker: Broker, resource: Resource, includeSynonyms: boolean) {
  const { resourceType, resourceName, configurationKeys } = resource
  const found = configsOf(broker, resource)
  if ('errorCode' in found) return { ...found, resourceType, resourceName, configs: [] }
  const configs = found.configs
    .filter(
      ({ name }) => configurationKeys === null || configurationKeys.length === 0 || configurationKeys.includes(name),
    )
    .map((config) => (includeSynonyms ? config : { ...config, synonyms: [] }))
  return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs }
}

function configsOf(
  broker: Broker,
  { resourceType, resourceName }: Resource,
): { configs: DescribedConfig[] } | { errorCode: ErrorCode; errorMessage: string } {
  if (resourceType === ResourceType.topic) {
    const topic = broker.topics.find(resourceName)
    if (topic !== undefined) return { configs: describeTopicConfigs(topic.configs, broker.settings) }
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `Unknown topic ${resourceName}` }
  }
  if (resourceType === ResourceType.broker) {
    const isHere = resourceName === '' || resourceName === String(broker.nodeId)
    if (isHere) return { configs: describeBrokerConfigs(broker.settings) }
    const errorMessage = `Unexpected broker id, expected ${broker.nodeId} or empty string, but received ${resourceName}`
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  const hasNone = resourceType === ResourceType.group || resourceType === ResourceType.brokerLogger
  if (hasNone) return { configs: [] }
  return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: `Unsupported resource type: ${resourceType}` }
}
