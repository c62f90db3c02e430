import { describeConfigs, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import { invalidRequest, otherBroker, ResourceType } from '../config/config-resource.ts'
import {
  type DescribedConfig,
  describeBrokerConfigs,
  describeClusterConfigs,
  describeGroupConfigs,
  describeLogLevels,
  describeTopicConfigs,
} from '../config/describe-configs.ts'
import { staticFacts } from '../config/static-facts.ts'
import { defineHandler } from '../handler.ts'
import { internalTopicConfigs } from '../internal-topics/internal-topics.ts'
import { isInternalTopic } from '../internal-topics/names.ts'
import type { Refusal } from '../metadata/refusal.ts'
import { topicNameProblem } from '../metadata/topic-name.ts'

type Resource = RequestOf<typeof describeConfigs>['resources'][number]

/**
 * DescribeConfigs: 1-4
 * - Of the loggers there is the root logger only; groups have those of consumer and share groups, client metrics none.
 */
export const handleDescribeConfigs = defineHandler({
  api: describeConfigs,
  advertised: { min: 1, max: 4 },
  handle: ({ resources, includeSynonyms, includeDocumentation }, { broker }) => ({
    results: resources.map((resource) => {
      const { resourceType, resourceName, configurationKeys } = resource
      const found = configsOf(broker, resource)
      if ('errorCode' in found) return { ...found, resourceType, resourceName, configs: [] }
      const isWanted = (name: string): boolean =>
        configurationKeys === null || configurationKeys.length === 0 || configurationKeys.includes(name)
      const configs = found.configs
        .filter(({ name }) => isWanted(name))
        .map((config) => ({
          ...config,
          synonyms: includeSynonyms ? config.synonyms : [],
          documentation: includeDocumentation ? config.documentation : null,
        }))
      return { errorCode: ErrorCode.NONE, errorMessage: '', resourceType, resourceName, configs }
    }),
  }),
})

function configsOf(broker: Broker, resource: Resource): { configs: DescribedConfig[] } | Refusal {
  const { resourceType, resourceName } = resource
  switch (resourceType) {
    case ResourceType.topic: {
      const isInternal = isInternalTopic(resourceName)
      const own = isInternal ? internalTopicConfigs : broker.topics.find(resourceName)?.configs
      if (own !== undefined) return { configs: describeTopicConfigs(own, broker.configs) }
      const nameProblem = topicNameProblem(resourceName)
      if (nameProblem !== undefined) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: nameProblem }
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: `Unknown topic ${resourceName}` }
    }
    case ResourceType.broker: {
      const refusal = otherBroker(broker, resourceName)
      if (refusal !== undefined) return refusal
      return resourceName === ''
        ? { configs: describeClusterConfigs(broker.configs) }
        : { configs: describeBrokerConfigs(broker.configs, staticFacts(broker)) }
    }
    case ResourceType.brokerLogger:
      if (resourceName === '') return invalidRequest('Broker id must not be empty')
      return otherBroker(broker, resourceName) ?? { configs: describeLogLevels() }
    case ResourceType.group:
      return resourceName === ''
        ? invalidRequest('Group name must not be empty')
        : { configs: describeGroupConfigs(broker.controller.groupConfigs(resourceName), broker.configs) }
    case ResourceType.clientMetrics:
      return { configs: [] }
    default:
      return invalidRequest(`Unknown resource type ${resourceType}`)
  }
}
