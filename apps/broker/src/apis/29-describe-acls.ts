import { describeAcls, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * DescribeAcls: 1-3
 * - There are no access rules: answered as by a Kafka without an authorizer.
 */
export const handleDescribeAcls = defineHandler({
  api: describeAcls,
  advertised: { min: 1, max: 3 },
  handle: () => ({
    errorCode: ErrorCode.SECURITY_DISABLED,
    errorMessage: 'No Authorizer is configured on the broker',
    resources: [],
  }),
})
