import { deleteAcls, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { isRefusal } from '../metadata/refusal.ts'
import { deleteAcls as remove } from '../security/authorization/acl-control.ts'

const DISABLED = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'No Authorizer is configured.' }

/**
 * DeleteAcls: 1-3
 * - Without an authorizer there are no access rules: answered as by Kafka.
 */
export const handleDeleteAcls = defineHandler({
  api: deleteAcls,
  advertised: { min: 1, max: 3 },
  async handle({ filters }, { broker }) {
    if (broker.authorizer === undefined)
      return { filterResults: filters.map(() => ({ ...DISABLED, matchingAcls: [] })) }
    const outcomes = await remove(broker.controller, filters)
    const filterResults = outcomes.map((outcome) => {
      if (isRefusal(outcome)) return { ...outcome, matchingAcls: [] }
      const matchingAcls = outcome.map(({ permission, ...acl }) => ({ ...acl, permissionType: permission }))
      return { errorCode: ErrorCode.NONE, matchingAcls }
    })
    return { filterResults }
  },
})
