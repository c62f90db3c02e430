import { createAcls, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { createAcls as create } from '../security/authorization/acl-control.ts'

const DISABLED = { errorCode: ErrorCode.SECURITY_DISABLED, errorMessage: 'No Authorizer is configured.' }

/**
 * CreateAcls: 1-3
 * - Without an authorizer there are no access rules: answered as by Kafka.
 * - There are 10,000 rules at most, and their texts have 1,000 characters at most.
 */
export const handleCreateAcls = defineHandler({
  api: createAcls,
  advertised: { min: 1, max: 3 },
  async handle({ creations }, { broker }) {
    if (broker.authorizer === undefined) return { results: creations.map(() => DISABLED) }
    const outcomes = await create(broker.controller, creations)
    return { results: outcomes.map((refusal) => refusal ?? { errorCode: ErrorCode.NONE }) }
  },
})
