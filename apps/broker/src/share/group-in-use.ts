import { ErrorCode } from '#libs/kafka-protocol'
import type { Broker } from '../broker.ts'
import type { Refused } from './acknowledge.ts'

/** Why what the share group knows cannot be changed from outside, or undefined: a group need not be there. */
export function groupInUse(broker: Broker, groupId: string): Refused | undefined {
  if (groupId === '') return { errorCode: ErrorCode.INVALID_GROUP_ID, errorMessage: 'The group id is empty.' }
  if (broker.groups.has(groupId)) {
    return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} is not a share group.` }
  }
  const group = broker.share.groups.find(groupId)
  if (group === undefined || group.members.size === 0) return undefined
  return { errorCode: ErrorCode.NON_EMPTY_GROUP, errorMessage: `Group ${groupId} is not empty.` }
}
