import { alterUserScramCredentials, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { isRefusal } from '../metadata/refusal.ts'
import { decideScramChanges } from '../security/authentication/scram-control.ts'

/** AlterUserScramCredentials: 0 */
export const handleAlterUserScramCredentials = defineHandler({
  api: alterUserScramCredentials,
  advertised: { min: 0, max: 0 },
  async handle(request, { broker }) {
    const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))
    const refusals = await broker.controller.alterScramUsers((known) => decideScramChanges(request, known))
    const outcomeOf = (user: string) =>
      isRefusal(refusals) ? refusals : (refusals.get(user) ?? { errorCode: ErrorCode.NONE })
    return { results: Array.from(users, (user) => ({ user, ...outcomeOf(user) })) }
  },
})
