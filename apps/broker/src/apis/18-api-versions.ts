import { apiVersions, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
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
 * ApiVersions: 0-5
 * - A version above 5 is answered in version 0 with UNSUPPORTED_VERSION and the range of this API alone (KIP-511).
 */
export const handleApiVersions = defineHandler({
  api: apiVersions,
  advertised: { min: 0, max: 5 },
  handle(request, { apiVersion, broker }) {
    const all = Object.values(dispatch).map(({ api, advertised }) => ({
      apiKey: api.key,
      minVersion: advertised.min,
      maxVersion: advertised.max,
    }))
    if (apiVersion > 5) {
      const apiKeys = all.filter(({ apiKey }) => apiKey === apiVersions.key)
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys }
    }
    if (!isValid(request, apiVersion)) return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] }
    const isMeant = request.clusterId === null || isMeantFor(request, broker)
    if (!isMeant) return { errorCode: ErrorCode.REBOOTSTRAP_REQUIRED, apiKeys: [] }
    const features = apiVersion < LEVEL_0_SINCE ? { ...FEATURES, supportedFeatures: [] } : FEATURES
    return { errorCode: ErrorCode.NONE, apiKeys: all, ...features }
  },
})

type Request = RequestOf<typeof apiVersions>

function isValid({ clientSoftwareName, clientSoftwareVersion, clusterId, nodeId }: Request, version: number): boolean {
  if (version >= 3 && !(SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion))) return false
  return (clusterId === null) === (nodeId === -1)
}

/** The address that a client was given for a node may be another's by now (KIP-1242). */
function isMeantFor({ clusterId, nodeId }: Request, broker: Broker): boolean {
  return clusterId === broker.clusterId && nodeId === broker.nodeId
}
