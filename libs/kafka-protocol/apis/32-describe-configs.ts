import { defineApi } from '../api.ts'
import { array, or, since } from '../struct.ts'
import { bool, int8, int16, int32, nullable, string } from '../types.ts'

/** The settings of topics and brokers. v3 documentation and type on request. */
export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: { min: 1, max: 4 },
  flexible: 4,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configurationKeys: nullable(array(string)),
    }),
    includeSynonyms: or(false, bool),
    includeDocumentation: since(3, bool, false),
  },
  response: {
    throttleTimeMs: or(0, int32),
    results: array({
      errorCode: int16,
      errorMessage: nullable(string),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: nullable(string),
        readOnly: bool,
        configSource: or(-1, int8),
        isSensitive: bool,
        synonyms: array({
          name: string,
          value: nullable(string),
          source: int8,
        }),
        configType: since(3, int8, 0),
        documentation: since(3, nullable(string)),
      }),
    }),
  },
})
