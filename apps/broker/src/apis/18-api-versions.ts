import { apiVersions, ErrorCode } from '#libs/kafka-protocol'
import { dispatch } from '../dispatch.ts'
import { defineHandler } from '../handler.ts'

const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/**
 * ApiVersions: 0-4
 * - A version above 4 is answered in version 0 with UNSUPPORTED_VERSION and the range of this API alone (KIP-511).
 * - No features are announced.
 */
export const handleApiVersions = defineHandler({
  api: apiVersions,
  advertised: { min: 0, max: 4 },
  handle(request, { apiVersion }) {
    const all = Object.values(dispatch).map(({ api, advertised }) => ({
      apiKey: api.key,
      minVersion: advertised.min,
      maxVersion: advertised.max,
    }))
    if (apiVersion > 4) {
      const apiKeys = all.filter(({ apiKey }) => apiKey === apiVersions.key)
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys }
    }
    const { clientSoftwareName, clientSoftwareVersion } = request
    if (apiVersion >= 3 && !(SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion))) {
      return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] }
    }
    return { errorCode: ErrorCode.NONE, apiKeys: all }
  },
})
