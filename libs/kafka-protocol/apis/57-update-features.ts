import { defineApi } from '../api.ts'
import { array, or, since, until } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string } from '../types.ts'

/** Changes the level of features. v1 upgrade types and a dry run, v2 one error for all. */
export const updateFeatures = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: { min: 0, max: 2 },
  flexible: 0,
  request: {
    timeoutMs: or(60_000, int32),
    featureUpdates: array({
      feature: string,
      maxVersionLevel: int16,
      allowDowngrade: until(0, bool),
      /** 1: upgrade; 2: downgrade without loss; 3: downgrade. */
      upgradeType: since(1, int8, 1),
    }),
    validateOnly: since(1, bool, false),
  },
  response: {
    throttleTimeMs: or(0, int32),
    errorCode: int16,
    errorMessage: or(null, nullable(string)),
    results: until(
      1,
      array({
        feature: string,
        errorCode: int16,
        errorMessage: or(null, nullable(string)),
      }),
    ),
  },
})
