import { ErrorCode, listPartitionReassignments } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'

/**
 * ListPartitionReassignments: 0
 * - There is nowhere to move a partition to, so none is ever moving.
 */
export const handleListPartitionReassignments = defineHandler({
  api: listPartitionReassignments,
  advertised: { min: 0, max: 0 },
  handle: () => ({ errorCode: ErrorCode.NONE, topics: [] }),
})
