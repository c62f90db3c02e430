import { defineApi } from '../api.ts'
import { array, since, tagged } from '../struct.ts'
import { bool, int16, int32, int64, nullable, string } from '../types.ts'

/** What the broker speaks. v3 client software and features; v4 lets a feature start at 0; v5 whom the client means to reach. */
export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: { min: 0, max: 5 },
  flexible: 3,
  request: {
    clientSoftwareName: since(3, string),
    clientSoftwareVersion: since(3, string),
    clusterId: since(5, nullable(string), null),
    nodeId: since(5, int32, -1),
  },
  response: {
    errorCode: int16,
    apiKeys: array({
      apiKey: int16,
      minVersion: int16,
      maxVersion: int16,
    }),
    throttleTimeMs: since(1, int32, 0),
    supportedFeatures: tagged(
      0,
      3,
      array({
        name: string,
        minVersion: int16,
        maxVersion: int16,
      }),
      [],
    ),
    finalizedFeaturesEpoch: tagged(1, 3, int64, -1),
    finalizedFeatures: tagged(
      2,
      3,
      array({
        name: string,
        maxVersionLevel: int16,
        minVersionLevel: int16,
      }),
      [],
    ),
    zkMigrationReady: tagged(3, 3, bool, false),
  },
})
