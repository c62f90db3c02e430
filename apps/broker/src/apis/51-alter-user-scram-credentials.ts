import { alterUserScramCredentials, ErrorCode, type RequestOf } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import type { Refusal } from '../metadata/refusal.ts'

type Request = RequestOf<typeof alterUserScramCredentials>

/**
 * AlterUserScramCredentials: 0
 * - Nobody logs in: there is nobody to delete, and who is valid is refused with UNSUPPORTED_SASL_MECHANISM.
 */
export const handleAlterUserScramCredentials = defineHandler({
  api: alterUserScramCredentials,
  advertised: { min: 0, max: 0 },
  handle({ deletions, upsertions }) {
    // As in Kafka, the first thing that is wrong with a user is what is said of it.
    const refusals = new Map<string, Refusal>()
    const refuse = (user: string, refusal: Refusal) => {
      if (!refusals.has(user)) refusals.set(user, refusal)
    }
    for (const deletion of deletions) refuse(deletion.name, identityProblem(deletion) ?? NOT_FOUND)
    for (const upsertion of upsertions) refuse(upsertion.name, upsertionProblem(upsertion) ?? NO_SASL)
    return { results: Array.from(refusals, ([user, refusal]) => ({ user, ...refusal })) }
  },
})

/** SCRAM-SHA-256 and SCRAM-SHA-512. */
const MECHANISMS = [1, 2]
const MIN_ITERATIONS = 4096
const MAX_ITERATIONS = 16_384

function identityProblem({ name, mechanism }: Request['deletions'][number]): Refusal | undefined {
  if (name === '') return unacceptable('Username must not be empty')
  if (MECHANISMS.includes(mechanism)) return undefined
  return { errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, errorMessage: 'Unknown SCRAM mechanism' }
}

function upsertionProblem(upsertion: Request['upsertions'][number]): Refusal | undefined {
  const problem = identityProblem(upsertion)
  if (problem !== undefined) return problem
  if (upsertion.iterations < MIN_ITERATIONS) return unacceptable('Too few iterations')
  return upsertion.iterations > MAX_ITERATIONS ? unacceptable('Too many iterations') : undefined
}

const unacceptable = (errorMessage: string): Refusal => ({
  errorCode: ErrorCode.UNACCEPTABLE_CREDENTIAL,
  errorMessage,
})
const NOT_FOUND: Refusal = {
  errorCode: ErrorCode.RESOURCE_NOT_FOUND,
  errorMessage: 'Attempt to delete a user credential that does not exist',
}
const NO_SASL: Refusal = {
  errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
  errorMessage: 'SASL is not enabled on this broker',
}
