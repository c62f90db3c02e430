import { ErrorCode, listConfigResources } from '#libs/kafka-protocol'
import { ResourceType } from '../config/config-resource.ts'
import { defineHandler } from '../handler.ts'

/**
 * ListConfigResources: 0-1
 * - Topics, this broker and groups; client metrics have no settings here.
 */
export const handleListConfigResources = defineHandler({
  api: listConfigResources,
  advertised: { min: 0, max: 1 },
  handle({ resourceTypes }, { broker, apiVersion }) {
    const here = String(broker.nodeId)
    const topics = Array.from(broker.readable.all(), ({ name }) => ({
      resourceName: name,
      resourceType: ResourceType.topic,
    }))
    const ofBroker = [ResourceType.broker, ResourceType.brokerLogger].map((resourceType) => ({
      resourceName: here,
      resourceType,
    }))
    const groups = Array.from(broker.controller.configuredGroups(), (resourceName) => ({
      ...{ resourceName, resourceType: ResourceType.group },
    }))
    // Version 0 asks for client metrics alone.
    const all = apiVersion === 0 ? [] : [...topics, ...ofBroker, ...groups]
    const isUnknown = resourceTypes.some((type) => !supported.has(type))
    if (isUnknown) return { errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] }
    const configResources = all.filter(
      ({ resourceType }) => resourceTypes.length === 0 || resourceTypes.includes(resourceType),
    )
    return { errorCode: ErrorCode.NONE, configResources }
  },
})

const CLIENT_METRICS = 16
const supported: ReadonlySet<number> = new Set([...Object.values(ResourceType), CLIENT_METRICS])
