import { apiVersions, ErrorCode } from '#libs/kafka-protocol'
import { dispatch } from '../dispatch.ts'
import { defineHandler } from '../handler.ts'
import { features } from '../metadata/features.ts'

const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

const FEATURES = {
  supportedFeatures: Object.entries(features).map(([name, { min, max }]) => ({
    ...{ name, minVersion: min, maxVersion: max },
  })),
  finalizedFeaturesEpoch: 0,
  finalizedFeatures: Object.entries(features).map(([name, { level }]) => ({
    ...{ name, minVersionLevel: level, maxVersionLevel: level },
  })),
}
/** Before this version, clients cannot read a feature that may be at level 0. */
const LEVEL_0_SINCE = 4

/**
 * ApiVersions: 0-4
 * - A version above 4 is answered in version 0 with UNSUPPORTED_VERSION and the range of this API alone (KIP-511).
 * - The only feature is `transaction.version` 2: there is no other version of the rest to agree on.
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
    const features = apiVersion < LEVEL_0_SINCE ? { ...FEATURES, supportedFeatures: [] } : FEATURES
    return { errorCode: ErrorCode.NONE, apiKeys: all, ...features }
  },
})
