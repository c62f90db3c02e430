import { createAcls, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * CreateAcls: 1-3
 * - There are no access rules: answered as by a Kafka without an authorizer.
 */
export const handleCreateAcls = defineHandler({
  api: createAcls,
  advertised: { min: 1, max: 3 },
  handle: ({ creations }) => ({
    results: creations.map(() => ({
      errorCode: ErrorCode.SECURITY_DISABLED,
      errorMessage: 'No Authorizer is configured.',
    })),
  }),
})
