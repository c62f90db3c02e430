import { alterConfigs, ErrorCode } from '#libs/kafka-protocol'
import { alterTopicConfigs } from '../config-resource.ts'
import { defineHandler } from '../handler.ts'

/**
 * AlterConfigs: 0-2
 * - Topics only; the broker's settings are fixed when it starts.
 */
export const handleAlterConfigs = defineHandler({
  api: alterConfigs,
  advertised: { min: 0, max: 2 },
  async handle(request, { broker }) {
    const responses = []
    for (const { resourceType, resourceName, configs } of request.resources) {
      const resource = { resourceType, resourceName }
      const wanted = Object.fromEntries(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
      const refusal = await alterTopicConfigs(broker, resource, request.validateOnly, () => wanted)
      responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, ...refusal, ...resource })
    }
    return { responses }
  },
})
