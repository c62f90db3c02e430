import { ErrorCode, txnOffsetCommit } from '#libs/kafka-protocol'
import { commitOffsets } from '../groups/offset-commits.ts'
import { defineHandler } from '../handler.ts'
import { storageErrorCode } from '../log/log-error.ts'
import { admit, txnOffsetCommitVersions } from '../transactions/admission.ts'

/** Topics are named by id alone, and a member of the consumer protocol may be told that its epoch is stale. */
const BY_ID_SINCE = 6

/** TxnOffsetCommit: 0-6 */
export const handleTxnOffsetCommit = defineHandler({
  api: txnOffsetCommit,
  advertised: { min: 0, max: 6 },
  async handle(request, { broker, apiVersion }) {
    const { transactionalId, groupId, producerId, producerEpoch: epoch } = request
    const named = { topics: request.topics, byId: apiVersion >= BY_ID_SINCE }
    const topics = await commitOffsets(broker, named, async (offsets) => {
      const all = (errorCode: ErrorCode) => offsets.map(() => errorCode)
      if (groupId === '') return all(ErrorCode.INVALID_GROUP_ID)
      if (broker.share.groups.find(groupId) !== undefined) return all(ErrorCode.GROUP_ID_NOT_FOUND)
      const wanted = { producerId, epoch, partitions: [], groups: [groupId] }
      const admitted = admit(broker.transactions, transactionalId, wanted, apiVersion, txnOffsetCommitVersions)
      if (!admitted.ok) return all(admitted.errorCode)
      const { memberId, groupInstanceId: instanceId, generationId: generation } = request
      const outcome = broker.groups.commit(groupId, { memberId, instanceId, generation, offsets, producerId })
      const known = admitted.durable?.then(() => ErrorCode.NONE, storageErrorCode(ErrorCode.COORDINATOR_NOT_AVAILABLE))
      const [errors, failure] = await Promise.all([outcome, known ?? ErrorCode.NONE])
      return errors.map((error) => (error === ErrorCode.NONE ? failure : toldAs(error, apiVersion)))
    })
    return { topics }
  },
})

const toldAs = (errorCode: ErrorCode, apiVersion: number): ErrorCode =>
  errorCode === ErrorCode.STALE_MEMBER_EPOCH && apiVersion < BY_ID_SINCE ? ErrorCode.ILLEGAL_GENERATION : errorCode
