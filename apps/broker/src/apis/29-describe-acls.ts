import { describeAcls, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { filterProblem, isMatchedBy } from '../security/authorization/acl-filter.ts'

/**
 * DescribeAcls: 1-3
 * - Without an authorizer there are no access rules: answered as by Kafka.
 */
export const handleDescribeAcls = defineHandler({
  api: describeAcls,
  advertised: { min: 1, max: 3 },
  handle(filter, { broker }) {
    if (broker.authorizer === undefined) {
      const errorMessage = 'No Authorizer is configured on the broker'
      return { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage, resources: [] }
    }
    const problem = filterProblem(filter)
    if (problem !== undefined) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: problem, resources: [] }
    const found = [...broker.controller.image.acls.all()].filter((acl) => isMatchedBy(filter, acl))
    const byPattern = Map.groupBy(found, ({ resourceType, patternType, resourceName }) =>
      JSON.stringify([resourceType, patternType, resourceName]),
    )
    const resources = Array.from(byPattern.values(), (acls) => {
      const { resourceType, patternType, resourceName } = acls[0]!
      const rules = acls.map(({ principal, host, operation, permission }) => ({
        ...{ principal, host, operation, permissionType: permission },
      }))
      return { resourceType, patternType, resourceName, acls: rules }
    })
    return { errorCode: ErrorCode.NONE, resources }
  },
})
