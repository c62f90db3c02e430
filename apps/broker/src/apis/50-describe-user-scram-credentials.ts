import { describeUserScramCredentials, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/** DescribeUserScramCredentials: 0 */
export const handleDescribeUserScramCredentials = defineHandler({
  api: describeUserScramCredentials,
  advertised: { min: 0, max: 0 },
  handle({ users }, { broker }) {
    const known = broker.controller.scramUsers
    const names = users === null || users.length === 0 ? [...known.keys()] : users.map(({ name }) => name)
    const results = Array.from(
      Map.groupBy(names, (name) => name),
      ([user, { length }]) => {
        if (length > 1) return refused(user, ErrorCode.DUPLICATE_RESOURCE, TWICE)
        const credentials = known.get(user)
        if (credentials === undefined) return refused(user, ErrorCode.RESOURCE_NOT_FOUND, UNKNOWN)
        const credentialInfos = Object.entries(credentials).map(([mechanism, { iterations }]) => {
          return { mechanism: Number(mechanism), iterations }
        })
        return { user, errorCode: ErrorCode.NONE, credentialInfos }
      },
    )
    return { errorCode: ErrorCode.NONE, results }
  },
})

const TWICE = 'Cannot describe SCRAM credentials for the same user twice in a single request'
const UNKNOWN = 'Attempt to describe a user credential that does not exist'

const refused = (user: string, errorCode: number, message: string) => ({
  ...{ user, errorCode, errorMessage: `${message}: ${user}`, credentialInfos: [] },
})
