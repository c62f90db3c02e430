import { ErrorCode } from '#libs/kafka-protocol'
import type { RequestContext } from '../handler.ts'
import { AclOperation } from '../security/authorization/acl.ts'
import { mayTopic } from '../security/authorization/guards/topic-names.ts'
import type { Part } from './fetch-part.ts'

/**
 * The same parts; of topics that the client may not read nothing is looked for. Asked with each request: a session is as
 * old as it may be, and a permission may have gone since. The parts of one topic are asked about once.
 */
export function permittedParts(parts: readonly Part[], byId: boolean, context: RequestContext): readonly Part[] {
  const { authorizer } = context.broker
  if (authorizer === undefined) return parts
  const access = authorizer.accessOf(context)
  const known = new Map<string, boolean>()
  const isPermitted = ({ topic, topicId }: Part): boolean => {
    const key = byId ? topicId : topic
    const permitted = known.get(key) ?? mayTopic(access, AclOperation.read, { name: topic, topicId }, byId)
    known.set(key, permitted)
    return permitted
  }
  return parts.map((part) =>
    isPermitted(part) ? part : { ...part, log: undefined, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED },
  )
}
