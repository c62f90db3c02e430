import { deleteAcls, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * DeleteAcls: 1-3
 * - There are no access rules: answered as by a Kafka without an authorizer.
 */
export const handleDeleteAcls = defineHandler({
  api: deleteAcls,
  advertised: { min: 1, max: 3 },
  handle: ({ filters }) => ({
    filterResults: filters.map(() => ({
      errorCode: ErrorCode.SECURITY_DISABLED,
      errorMessage: 'No Authorizer is configured.',
      matchingAcls: [],
    })),
  }),
})
