import { alterConfigs, ErrorCode } from '#libs/kafka-protocol'
import { alterConfigs as alter, invalidRequest, ResourceType } from '../config/config-resource.ts'
import { defineHandler } from '../handler.ts'

/**
 * AlterConfigs: 0-2
 * - A setting that the broker does not know is refused.
 */
export const handleAlterConfigs = defineHandler({
  api: alterConfigs,
  advertised: { min: 0, max: 2 },
  async handle(request, { broker }) {
    const responses = []
    for (const { resourceType, resourceName, configs } of request.resources) {
      const resource = { resourceType, resourceName }
      const refusal =
        // As in Kafka: replacing all levels at once would be an accident.
        resourceType === ResourceType.brokerLogger
          ? invalidRequest(`Unknown resource type ${resourceType}`)
          : await alter(broker, resource, request.validateOnly, () => replacement(configs))
      responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, ...refusal, ...resource })
    }
    return { responses }
  },
})

function replacement(configs: readonly { readonly name: string; readonly value: string | null }[]) {
  const unset = configs.find(({ value }) => value === null)
  if (unset !== undefined) return invalidRequest(`Null value not supported for : ${unset.name}`)
  return Object.fromEntries(configs.map(({ name, value }) => [name, value!]))
}
