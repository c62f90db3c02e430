import { describeUserScramCredentials, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * DescribeUserScramCredentials: 0
 * - Nobody logs in: answered as by a Kafka that has no such users.
 */
export const handleDescribeUserScramCredentials = defineHandler({
  api: describeUserScramCredentials,
  advertised: { min: 0, max: 0 },
  handle({ users }) {
    const asked = Map.groupBy(users ?? [], ({ name }) => name)
    const results = Array.from(asked, ([user, { length }]) => ({
      user,
      errorCode: length > 1 ? ErrorCode.DUPLICATE_RESOURCE : ErrorCode.RESOURCE_NOT_FOUND,
      errorMessage:
        length > 1
          ? `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`
          : `Attempt to describe a user credential that does not exist: ${user}`,
      credentialInfos: [],
    }))
    return { errorCode: ErrorCode.NONE, results }
  },
})
